/** Where the control plane keeps its authority when nobody says otherwise: beside the laptop's meshes, for its user alone. */
import { homedir } from 'node:os'
import path from 'node:path'

export function authorityDirectory(env: Readonly<Record<string, string | undefined>>): string {
  const home = env['HOME'] || homedir()
  return path.join(env['XDG_STATE_HOME'] || path.join(home, '.local', 'state'), 'mizzen-control-plane')
}
