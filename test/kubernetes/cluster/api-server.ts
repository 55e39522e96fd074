/** Taking the API server away and bringing it back, where that can be done: with ../shared/cluster, which is one process on this machine. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { kubectl, repository, skip, until } from './cluster.ts'

const execute = promisify(execFile)
const PID = path.join(process.env['MIZZEN_CLUSTER_STATE'] ?? '/tmp/mizzen-cluster', 'run/kube-apiserver.pid')
const UP = path.join(process.env['MIZZEN_CLUSTER'] ?? path.resolve(repository, '../shared/cluster'), 'up')
const AWAY_MS = 3000

/** Why it cannot be done here; false: it can. */
export const restartsApiServer: string | false =
  skip !== false || (existsSync(PID) && existsSync(UP)) ? false : 'the API server of this cluster is not ours to restart'

/** Killed, away for some seconds, and back. */
export async function restartApiServer(): Promise<void> {
  const pid = Number(readFileSync(PID, 'utf8').trim().split(/\s/)[0])
  process.kill(pid, 'SIGKILL')
  await delay(AWAY_MS)
  await execute(UP)
  await until('the API server', 90, async () => ((await kubectl('get', '--raw', '/readyz')) === 'ok' ? true : undefined))
}
