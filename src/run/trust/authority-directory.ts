/** Where the control plane keeps its authority when nobody says otherwise: beside the laptop's meshes, for its user alone. */
import { homedir } from 'node:os'
import path from 'node:path'

/** In that directory: where workloads read what not to trust any more, PEM; empty when nothing is revoked. */
export const FILE_OF_REVOCATIONS = 'ca-crl.pem'

export function authorityDirectory(env: Readonly<Record<string, string | undefined>>): string {
  const home = env['HOME'] || homedir()
  return path.join(env['XDG_STATE_HOME'] || path.join(home, '.local', 'state'), 'mizzen-control-plane')
}
