/** The mesh that runs on this machine, asked through its dashboard's API: what the commands on live traffic have in common. */
import { findRunning, type Place } from '../run/laptop/state/find.ts'
import { type MeshStatus, readMeshStatus } from '../run/laptop/status/mesh-status.ts'

export interface RunningApi {
  readonly status: MeshStatus
  /** Answers are those of src/run/dashboard, which is of the same build. @throws with the control plane's own words */
  get<T>(path: string): Promise<T>
  /** Server-sent events, until the signal. */
  events(path: string, signal: AbortSignal, onEvent: (name: string, data: string) => void): Promise<void>
}

/** @param directory of the mesh; undefined: this directory's, or the only one @throws when it does not run */
export function runningMesh(directory: string | undefined, io: Place): RunningApi {
  const { state, holder } = findRunning(directory, io)
  const status = readMeshStatus(state, holder.pid)
  if (!status || status.dashboard === '')
    throw new Error(`Cannot ask the mesh of "${holder.directory}": it is just starting, try again in a second`)
  return {
    status,
    get: path => ask(status.dashboard, path),
    events: (path, signal, onEvent) => events(status.dashboard, path, signal, onEvent),
  }
}

const TIMEOUT_MS = 15_000

async function ask<T>(base: string, path: string): Promise<T> {
  const response = await reach(base, path, AbortSignal.timeout(TIMEOUT_MS))
  const value: unknown = await response.json()
  if (!response.ok) throw new Error(errorOf(value) ?? `Cannot ask the control plane at ${base}: it answers ${response.status}`)
  // The control plane that answers was started by this very program.
  return value as T
}

async function reach(base: string, path: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(`${base}${path}`, { signal })
  } catch (error) {
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    throw new Error(`Cannot reach the control plane at ${base}: ${reason}`)
  }
}

function errorOf(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null && 'error' in value && typeof value.error === 'string'
    ? value.error
    : undefined
}

async function events(
  base: string,
  path: string,
  signal: AbortSignal,
  onEvent: (name: string, data: string) => void,
): Promise<void> {
  const response = await reach(base, path, signal)
  let rest = ''
  try {
    for await (const chunk of (response.body ?? new ReadableStream<Uint8Array>()).pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + chunk).split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        const [, name] = /^event: (.*)$/m.exec(block) ?? []
        const [, data] = /^data: (.*)$/m.exec(block) ?? []
        if (name !== undefined && data !== undefined) onEvent(name, data)
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
