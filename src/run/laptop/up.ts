/** `mizzen up` from its first check to the last thing it clears away. */
import { existsSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Writable } from 'node:stream'
import { installation } from '../installation.ts'
import { mizzenCommandLine } from './command-line.ts'
import { Journal } from './console/journal.ts'
import { LogFile } from './console/log-file.ts'
import { painter, wantsColour } from './console/paint.ts'
import { StartDisplay } from './console/start-display.ts'
import { welcome } from './console/welcome.ts'
import { LaptopMesh } from './laptop-mesh.ts'
import type { Engine } from './plan/pod-plan.ts'
import { LoopbackNetwork } from './pod/loopback-network.ts'
import { PortBook } from './ports.ts'
import { Ledger } from './process/ledger.ts'
import { Watchdog } from './process/watchdog.ts'
import { type StateDirectory, stateDirectoryOf } from './state/directory.ts'
import { endLeftovers } from './state/leftovers.ts'
import { breakLock, type Holder, readLock, releaseLock, takeLock } from './state/lock.ts'
import { StatusPublisher } from './status/publisher.ts'

export interface UpOptions {
  readonly directory: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly engine: Engine
  readonly ingressPort: number | undefined
  readonly out: Writable
  /** Runs until this is aborted. */
  readonly end: AbortSignal
}

/** @throws one sentence that says why the mesh cannot be started, and what to do */
export async function up(options: UpOptions): Promise<void> {
  const { directory, cwd, env, out, end } = options
  const absolute = checkDirectory(directory, cwd)
  const state = stateDirectoryOf(absolute, env)
  const commandLine = mizzenCommandLine(env, cwd)
  state.create()
  const leftovers = await claim(state, absolute, commandLine, directory)
  const watchdog = new Watchdog([...installation().mizzen, 'down', absolute, '--of-run', String(process.pid)])
  const ledger = new Ledger(state.processesOf(process.pid))
  const log = new LogFile(state.log)
  const paint = painter(out, env)
  const journal = new Journal(log, out, paint)
  if (leftovers > 0)
    journal.tell(`an earlier run of this mesh was killed: ended ${leftovers} processes that it left behind`, 'warning')

  const publisher = new StatusPublisher(state)
  const mesh = new LaptopMesh({
    directory,
    absolute,
    cwd,
    env,
    engine: options.engine,
    network: new LoopbackNetwork(new PortBook(absolute), options.ingressPort),
    state,
    journal,
    ledger,
    colour: wantsColour(out, env),
    onChange: () => changed(),
  })
  const display = new StartDisplay(out, paint, () => mesh.status.workloads)
  let started = false
  const changed = () => {
    publisher.publish({ phase: started ? 'ready' : 'starting', ...mesh.status })
    if (started) return
    display.changed()
    if (!mesh.ready || mesh.status.workloads.length === 0) return
    started = true
    publisher.publish({ phase: 'ready', ...mesh.status })
    display.finish()
    out.write(welcome(mesh.status, { ...options, absolute, commandLine, stop: 'Ctrl-C' }, paint))
    journal.release()
  }
  // A start that does not come to its end is easier to understand with the lines of the processes.
  const impatience = setTimeout(() => {
    if (started) return
    display.finish()
    journal.release()
  }, PATIENCE_MS)
  try {
    out.write(`${paint('mizzen', 'bold')} ${directory} ${paint(`(engine ${options.engine})`, 'grey')}\n\n`)
    await mesh.start()
    changed()
    await aborted(end)
    journal.release()
  } catch (error) {
    display.finish()
    journal.release()
    throw error
  } finally {
    clearTimeout(impatience)
    display.finish()
    publisher.publish({ phase: 'stopping', ...mesh.status })
    await mesh.close()
    log.close()
    publisher.close()
    for (const file of [state.processesOf(process.pid), state.mesh, state.xds]) rmSync(file, { force: true })
    releaseLock(state)
    watchdog.dismiss()
  }
}

/** After so long the start display gives way to the logs. */
const PATIENCE_MS = 20_000

function checkDirectory(directory: string, cwd: string): string {
  const absolute = path.resolve(cwd, directory)
  if (!existsSync(absolute)) throw new Error(`Cannot run "${directory}": there is no such directory`)
  if (!statSync(absolute).isDirectory()) {
    throw new Error(`Cannot run "${directory}": it is a file, expected a directory of Kubernetes manifests`)
  }
  return absolute
}

/** Takes the lock, after ending what a killed run left. @returns how many processes that were @throws when the mesh runs already */
async function claim(state: StateDirectory, directory: string, commandLine: string, asTyped: string): Promise<number> {
  let ended = 0
  for (;;) {
    const lock = readLock(state)
    if (lock.kind === 'held') throw new Error(alreadyRunning(lock.holder, commandLine, asTyped))
    if (lock.kind === 'stale') {
      ended += (await endLeftovers(state, lock.holder)).length
      breakLock(state)
    }
    if (takeLock(state, directory, false)) return ended
  }
}

function alreadyRunning({ pid, directory }: Holder, commandLine: string, asTyped: string): string {
  return `Cannot start the mesh of "${directory}": it is running already (process ${pid}). Stop it with "${commandLine} down ${asTyped}", or look at it with "${commandLine} ps ${asTyped}"`
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
