/** The control plane's API from the browser: JSON in, JSON out, and its own words when something goes wrong. */
const TOKEN = 'mizzen.token'

export function keepToken(token: string): void {
  if (token === '') sessionStorage.removeItem(TOKEN)
  else sessionStorage.setItem(TOKEN, token)
}

/** The address that `mizzen up` prints ends in "#token=...": it is kept, and leaves the address so that it is not passed on with it. */
export function takeTokenOfAddress(): void {
  const [, token] = /^#token=([\w-]+)$/.exec(window.location.hash) ?? []
  if (token === undefined) return
  keepToken(token)
  history.replaceState(null, '', window.location.pathname)
}

function headers(): Record<string, string> {
  const token = sessionStorage.getItem(TOKEN)
  return token === null ? {} : { authorization: `Bearer ${token}` }
}

/** What the control plane answers instead of what was asked for. */
export class ApiError extends Error {
  /** 0: it cannot be reached. */
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** The types of answers are those of the views that make them (src/run/dashboard/view). */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return ask<T>(path, { headers: headers(), ...(signal && { signal }) })
}

export async function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const init = { method: 'POST', headers: { ...headers(), 'content-type': 'application/json' }, body: JSON.stringify(body) }
  return ask<T>(path, { ...init, ...(signal && { signal }) })
}

async function ask<T>(path: string, init: RequestInit): Promise<T> {
  let response: Response
  try {
    response = await fetch(path, init)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError(0, 'The control plane does not answer. Does the mesh still run?')
  }
  const value: unknown = await response.json().catch(() => undefined)
  if (!response.ok) throw new ApiError(response.status, errorOf(value) ?? `The control plane answered ${response.status}`)
  // Page and control plane are built together: what it answers is what this page was compiled for.
  return value as T
}

function errorOf(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null && 'error' in value && typeof value.error === 'string'
    ? value.error
    : undefined
}
