/** Unix sockets of the agent: one that a process left behind is replaced, and nobody but its user gets in. */
import { chmodSync, rmSync } from 'node:fs'
import type { Http2Server } from 'node:http2'

/** @throws (rejects) when the path can't be listened on */
export function listenOnSocket(server: Http2Server, path: string): Promise<void> {
  // The path belongs to one workload, whose agent is this process.
  rmSync(path, { force: true })
  return new Promise((resolve, reject) => {
    server.once('error', error => reject(new Error(`Cannot listen on "${path}": ${error.message}`, { cause: error })))
    server.listen(path, () => {
      chmodSync(path, 0o600)
      resolve()
    })
  })
}
