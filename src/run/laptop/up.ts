/** `mizzen up` from its first check to the last thing it clears away. */
import { existsSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Writable } from 'node:stream'
import { installation } from '../installation.ts'
import type { TrustOptions } from '../trust/trust.ts'
import { mizzenCommandLine } from './command-line.ts'
import { Journal } from './console/journal.ts'
import { LogFile } from './console/log-file.ts'
import { painter, wantsColour } from './console/paint.ts'
import { StartDisplay } from './console/start-display.ts'
import { welcome } from './console/welcome.ts'
import { PROXY_USER } from './isolate/capture-rules.ts'
import { IsolatedNetwork } from './isolate/isolated-network.ts'
import { findTools } from './isolate/tools.ts'
import { LaptopMesh } from './laptop-mesh.ts'
import { pageAddress } from './page-address.ts'
import type { Engine } from './plan/pod-plan.ts'
import { entrance } from './pod/entrance.ts'
import { LoopbackNetwork } from './pod/loopback-network.ts'
import { PortBook } from './ports.ts'
import { Ledger } from './process/ledger.ts'
import { Watchdog } from './process/watchdog.ts'
import { findPrometheus } from './prometheus/find.ts'
import { claim } from './state/claim.ts'
import { stateDirectoryOf } from './state/directory.ts'
import { releaseLock } from './state/lock.ts'
import { StatusPublisher } from './status/publisher.ts'

type Environment = Readonly<Record<string, string | undefined>>

export interface UpOptions {
  readonly directory: string
  readonly cwd: string
  readonly env: Environment
  readonly engine: Engine
  readonly ingressPort: number | undefined
  /** Where gateways listen; undefined: on loopback. */
  readonly address: string | undefined
  /** See LaptopMeshOptions. */
  readonly authority: Pick<TrustOptions, 'pluggedIn' | 'keyType'>
  /** Addresses and names at which the dashboard is reached; none: this machine alone. */
  readonly dashboardHosts: readonly string[]
  /** A Prometheus beside the mesh. */
  readonly withPrometheus: boolean
  /** Alerts go there: URL of an Alertmanager. */
  readonly alertmanager: string | undefined
  /** A network namespace for each pod. */
  readonly isolate: boolean
  readonly out: Writable
  /** Runs until this is aborted. */
  readonly end: AbortSignal
}

/** @throws one sentence that says why the mesh cannot be started, and what to do */
export async function up(options: UpOptions): Promise<void> {
  const { directory, cwd, env, out, isolate, end } = options
  const absolute = checkDirectory(directory, cwd)
  if (isolate) findTools()
  const binary = options.withPrometheus ? findPrometheus(env) : undefined
  const state = stateDirectoryOf(absolute, env)
  const commandLine = mizzenCommandLine(env, cwd)
  state.create()
  const { ended } = await claim(state, absolute, isolate, ({ pid }) =>
    alreadyRunning(absolute, pid, `${commandLine} down ${directory}`),
  )

  // Whatever is made from here on is undone in reverse order, however this function ends.
  const undo = new AsyncDisposableStack()
  try {
    undo.defer(() => releaseLock(state))
    const watchdog = new Watchdog([...installation().mizzen, 'down', absolute, '--of-run', String(process.pid)])
    undo.defer(() => watchdog.dismiss())
    const ledger = new Ledger(state.processesOf(process.pid))
    undo.defer(() => {
      for (const file of [state.processesOf(process.pid), state.mesh, state.xds]) rmSync(file, { force: true })
    })
    const log = new LogFile(state.log)
    undo.defer(() => log.close())
    const paint = painter(out, env)
    const journal = new Journal(log, out, paint)
    if (ended > 0) journal.tell(`an earlier run of this mesh was killed: ended ${ended} processes that it left behind`, 'warning')

    const ports = new PortBook(absolute)
    const { network, isolation } = await networkOf(options, ports)
    const prometheus = binary && { binary, port: await ports.portOf('prometheus', PROMETHEUS_PORT) }
    const publisher = new StatusPublisher(state)
    undo.defer(() => publisher.close())
    const colour = wantsColour(out, env)
    const { engine } = options
    const mesh = new LaptopMesh({
      directory,
      cwd,
      env,
      engine,
      network,
      isolation,
      state,
      page: pageAddress(options.dashboardHosts, env['MIZZEN_DASHBOARD_TOKEN']),
      prometheus,
      alertmanager: options.alertmanager,
      authority: options.authority,
      journal,
      ledger,
      colour,
      onChange: () => changed(),
    })
    undo.defer(() => mesh.close())
    const display = new StartDisplay(out, paint, () => mesh.status.workloads)
    let started = false
    const giveWay = () => {
      display.finish()
      journal.release()
    }
    const changed = () => {
      const isNew = !started && mesh.ready
      started ||= isNew
      publisher.publish({ phase: end.aborted ? 'stopping' : started ? 'ready' : 'starting', ...mesh.status })
      if (isNew) {
        display.finish()
        out.write(welcome(mesh.status, { ...options, absolute, commandLine, stop: 'Ctrl-C' }, paint))
        journal.release()
      } else if (!started) {
        display.changed()
        if (mesh.settling && !end.aborted) setTimeout(changed, SETTLING_MS).unref()
      }
    }
    // A start that does not come to its end is easier to understand with the lines of the processes.
    const impatience = setTimeout(giveWay, PATIENCE_MS)
    undo.defer(() => {
      clearTimeout(impatience)
      giveWay()
    })
    out.write(`${paint('mizzen', 'bold')} ${directory} ${paint(`(engine ${engine}${isolate ? ', isolated' : ''})`, 'grey')}\n\n`)
    await mesh.start()
    changed()
    await aborted(end)
    publisher.publish({ phase: 'stopping', ...mesh.status })
  } finally {
    await undo.disposeAsync()
  }
}

/** Its usual one, or the next that is free. */
const PROMETHEUS_PORT = 9090
/** After so long the start display gives way to the logs. */
const PATIENCE_MS = 20_000
/** How soon it is asked again whether the proxies have heard of the last pod. */
const SETTLING_MS = 20

function checkDirectory(directory: string, cwd: string): string {
  const absolute = path.resolve(cwd, directory)
  if (!existsSync(absolute)) throw new Error(`Cannot run "${directory}": there is no such directory`)
  if (!statSync(absolute).isDirectory()) {
    throw new Error(`Cannot run "${directory}": it is a file, expected a directory of Kubernetes manifests`)
  }
  return absolute
}

function alreadyRunning(directory: string, pid: number, stop: string): string {
  return `Cannot start the mesh of "${directory}": it is running already (process ${pid}). Stop it with "${stop}"`
}

async function networkOf({ isolate, address, ingressPort, env }: UpOptions, ports: PortBook) {
  const at = entrance(address, ingressPort)
  if (!isolate) return { network: new LoopbackNetwork(ports, at), isolation: undefined }
  const network = await IsolatedNetwork.create({ runner: process.pid, ports, entrance: at, user: sudoUser(env) })
  return { network, isolation: { nameServer: network.host, proxyUser: PROXY_USER } }
}

/** Who called sudo: applications are theirs, and need no root. */
function sudoUser(env: Environment): { readonly uid: number; readonly gid: number } | undefined {
  const [uid, gid] = [Number(env['SUDO_UID']), Number(env['SUDO_GID'])]
  return uid > 0 && gid > 0 ? { uid, gid } : undefined
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
