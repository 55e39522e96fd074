/** The proxies of a running laptop mesh, for commands that ask their admin endpoints. */
import http from 'node:http'
import type { AskedProxy } from '../../denials/find-denial.ts'
import type { AdminTarget, MeshStatus } from './mesh-status.ts'

const TIMEOUT_MS = 3000

export function askedProxies({ workloads }: MeshStatus): AskedProxy[] {
  return workloads.flatMap(({ namespace, name, engine, admin }) =>
    engine === 'none' || engine === 'grpc' || !admin
      ? []
      : [{ name: `${namespace}/${name}`, engine, admin: path => page(admin, path) }],
  )
}

function page({ host, port, localAddress }: AdminTarget, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    http
      .get({ host, port, localAddress, path, agent: false, signal }, response => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', chunk => (body += chunk))
        response.on('end', () => {
          if (response.statusCode === 200) resolve(body)
          else reject(new Error(`its admin endpoint answers ${response.statusCode}`))
        })
        response.on('error', reject)
      })
      .on('error', reject)
  })
}
