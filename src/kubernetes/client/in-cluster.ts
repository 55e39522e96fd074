/** The API server as a pod meets it: by environment variables, and a token in a file that the kubelet renews. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { ApiAccess } from './access.ts'

const DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount'
/** The kubelet renews tokens long before they expire; the file is read again after so long, milliseconds. */
const TOKEN_FOR_MS = 30_000

type Env = Readonly<Record<string, string | undefined>>

export function isInCluster(env: Env, directory = DIRECTORY): boolean {
  return Boolean(env['KUBERNETES_SERVICE_HOST']) && existsSync(path.join(directory, 'token'))
}

/** @throws when the service account's files are not there */
export function inCluster(env: Env, directory = DIRECTORY): ApiAccess {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? ''
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443'
  const read = (file: string) => readFileSync(path.join(directory, file), 'utf8')
  const ca = read('ca.crt')
  let token = { text: read('token').trim(), at: Date.now() }
  return {
    server: new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`),
    namespace: env['POD_NAMESPACE'] || read('namespace').trim(),
    name: 'in-cluster',
    async options() {
      if (Date.now() - token.at > TOKEN_FOR_MS) token = { text: read('token').trim(), at: Date.now() }
      return { ca, headers: { authorization: `Bearer ${token.text}` } }
    },
  }
}
