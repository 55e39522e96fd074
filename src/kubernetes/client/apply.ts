/** Writing objects in one's own name: server-side apply owns the fields that were given, a merge patch changes some of them once. */
import type { ApiServer } from './api-server.ts'

/** In whose name the control plane writes. */
export const FIELD_MANAGER = 'mizzen-control-plane'

/** The object is made, or its fields are set that `body` names. @param path of the object @throws (rejects) ApiError */
export function applyObject(api: ApiServer, path: string, body: object): Promise<unknown> {
  const query = { fieldManager: FIELD_MANAGER, force: true }
  return api.json({ method: 'PATCH', path, query, body, contentType: 'application/apply-patch+yaml' })
}

/** @throws (rejects) ApiError; 409 when `body` names a resourceVersion and the object has another by now */
export function mergeObject(api: ApiServer, path: string, body: object): Promise<unknown> {
  const query = { fieldManager: FIELD_MANAGER }
  return api.json({ method: 'PATCH', path, query, body, contentType: 'application/merge-patch+json' })
}
