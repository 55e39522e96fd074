/** What an API server answered instead of what was asked: its Status object, and the rule that is missing where it says Forbidden. */

export class ApiError extends Error {
  /** HTTP status; 0: there was no answer. */
  readonly status: number
  /** "NotFound", "Conflict", "Expired", "Forbidden"...; '' where the server gave none. */
  readonly reason: string
  /** The server's own sentence. */
  readonly detail: string

  constructor(action: string, status: number, reason: string, detail: string) {
    super(`Cannot ${action}: ${explain(status, detail)}`)
    this.status = status
    this.reason = reason
    this.detail = detail
  }

  /** What was seen is too old to go on from. */
  get isExpired(): boolean {
    return this.status === 410
  }
}

export function isApiError(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.status === status
}

/** `... is forbidden: User "x" cannot list resource "secrets" in API group "" ...`: the sentence, and the rule that would allow it. */
function explain(status: number, detail: string): string {
  const text = detail === '' ? `the API server answered ${status}` : detail
  if (status !== 403) return text
  const [, user, verb, resource, group] =
    /User "([^"]*)" cannot (\S+) resource "([^"]*)"(?: in API group "([^"]*)")?/.exec(detail) ?? []
  if (verb === undefined) return text
  const rule = `{apiGroups: ["${group ?? ''}"], resources: ["${resource}"], verbs: ["${verb}"]}`
  return `${user} may not ${verb} ${resource}; a role that is bound to it needs the rule ${rule}`
}
