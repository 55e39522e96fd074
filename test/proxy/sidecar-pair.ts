/**
 * Two sidecars as a mesh makes them: a caller and a service with mTLS between them, under a control plane in this process. The caller's sidecar takes
 * requests to the service `echo` at one port.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeBootstrap } from '../../src/run/bootstrap.ts'
import { ControlPlane } from '../../src/run/control-plane.ts'
import { Store } from '../../src/source/store.ts'
import { AdsServer } from '../../src/xds/server/ads-server.ts'
import { serveAds } from '../../src/xds/server/grpc.ts'
import { envoyCommand, mizzenCommand } from '../scenarios/engines.ts'
import { Identities } from '../scenarios/identities.ts'
import { parseObjects } from '../scenarios/objects.ts'
import { type EngineName, freePorts } from './engine.ts'
import { exchange, request } from './exchange.ts'

export interface PairOptions {
  readonly client: EngineName
  readonly service: EngineName
  /** Port of the application behind the service's sidecar. */
  readonly application: number
  /** YAML documents besides the two pods and the service: `client` and `echo` in namespace `default`. */
  readonly objects?: string
}

export interface Sidecar {
  /** Of the proxy itself, not of the agent beside it. */
  readonly pid: number
  readonly admin: number
}

export interface SidecarPair extends AsyncDisposable {
  /** Where the caller's sidecar takes its requests. */
  readonly port: number
  readonly client: Sidecar
  readonly service: Sidecar
}

interface Pod {
  readonly name: 'client' | 'echo'
  readonly engine: EngineName
  readonly listen: number
  readonly httpProxy: number
  readonly admin: number
}

export async function startPair(options: PairOptions): Promise<SidecarPair> {
  await using starting = new AsyncDisposableStack()
  const folder = await mkdtemp(path.join(tmpdir(), 'mizzen-pair-'))
  starting.defer(() => rm(folder, { recursive: true, force: true }))
  const store = new Store()
  const controlPlane = new ControlPlane(store)
  starting.defer(() => controlPlane.close())
  const ads = new AdsServer({ source: controlPlane, quietMs: 5 })
  const identities = await Identities.open(folder, controlPlane)
  starting.defer(() => identities.close())
  const { admit, services } = identities.trust
  const socket = path.join(folder, 'xds.sock')
  const server = await serveAds({ ads, listen: [{ path: socket }], admit, services })
  starting.defer(async () => {
    await server.close(100)
    ads.close()
  })
  const [listen = 0, httpProxy = 0, unused = 0, clientAdmin = 0, serviceAdmin = 0] = await freePorts(5)
  const client: Pod = { name: 'client', engine: options.client, listen: unused, httpProxy, admin: clientAdmin }
  const service: Pod = { name: 'echo', engine: options.service, listen, httpProxy: unused, admin: serviceAdmin }
  store.source().publish(await parseObjects('pair.yaml', manifests([client, service], options)))
  const processes: Sidecar[] = []
  for (const pod of [service, client]) {
    const child = await startSidecar(pod, options.application, identities, folder, socket)
    starting.defer(() => ended(child, pod.engine))
    await ready(pod)
    processes.push({ pid: pod.engine === 'envoy' ? childOf(child.pid ?? 0) : (child.pid ?? 0), admin: pod.admin })
  }
  await answers(httpProxy)
  const [serviceProcess, clientProcess] = processes
  if (serviceProcess === undefined || clientProcess === undefined) throw new Error('expected two sidecars')
  const running = starting.move()
  return {
    port: httpProxy,
    client: clientProcess,
    service: serviceProcess,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function startSidecar(
  pod: Pod,
  application: number,
  identities: Identities,
  folder: string,
  socket: string,
): Promise<ChildProcess> {
  const { name, engine } = pod
  const files = await identities.filesOf({ namespace: 'default', pod: name, serviceAccount: name }, socket)
  const bootstrap = path.join(folder, `${name}.pb`)
  const envoy = engine === 'envoy'
  const identity = {
    type: 'sidecar',
    pod: name,
    namespace: 'default',
    ip: '127.0.0.1',
    workload: name,
    serviceAccount: name,
    labels: { app: name },
    annotations: annotations(pod, application),
    interception: 'NONE',
  } as const
  await writeFile(
    bootstrap,
    encodeBootstrap({
      identity,
      admin: { host: '127.0.0.1', port: pod.admin },
      // An Envoy asks its agent; only what has the token asks the control plane.
      controlPlane: { path: envoy ? files.xdsSocket : socket },
      secrets: files.sdsSocket,
    }),
  )
  const [command, ...args] = (envoy ? envoyCommand : mizzenCommand)(bootstrap, files.identity)
  return spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, MIZZEN_LOG_LEVEL: 'error' } })
}

/** An agent takes its Envoy with it when it is asked to end. */
async function ended(child: ChildProcess, engine: EngineName): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise(resolve => child.once('exit', resolve))
  child.kill(engine === 'envoy' ? 'SIGTERM' : 'SIGKILL')
  await gone
}

function annotations({ name, listen, httpProxy }: Pod, application: number): Record<string, string> {
  return {
    'mizzen.dev/capture': 'ports',
    'mizzen.dev/identity': 'true',
    'mizzen.dev/inbound': name === 'echo' ? JSON.stringify({ 8080: { listen, app: application } }) : '{}',
    'mizzen.dev/http-proxy': `${httpProxy}`,
  }
}

function manifests(pods: readonly Pod[], { application, objects = '' }: PairOptions): string {
  return [
    'apiVersion: v1\nkind: Namespace\nmetadata: {name: default}',
    'apiVersion: v1\nkind: Namespace\nmetadata: {name: istio-system}',
    `apiVersion: v1
kind: Service
metadata: {name: echo, namespace: default}
spec: {selector: {app: echo}, ports: [{name: http, port: 80, targetPort: 8080}]}`,
    ...pods.map(
      pod => `apiVersion: v1
kind: Pod
metadata:
  name: ${pod.name}
  namespace: default
  labels: {app: ${pod.name}, security.istio.io/tlsMode: istio}
  annotations: ${JSON.stringify(annotations(pod, application))}
spec:
  serviceAccountName: ${pod.name}
  containers: [{name: app, image: app, ports: [{containerPort: 8080}]}]
status: {phase: Running, podIP: 127.0.0.1, conditions: [{type: Ready, status: "True"}]}`,
    ),
    objects,
  ].join('\n---\n')
}

async function ready({ name, admin }: Pod): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    const status = await fetch(`http://127.0.0.1:${admin}/ready`).then(
      answer => answer.status,
      () => 0,
    )
    if (status === 200) return
    await sleep(50)
  }
  throw new Error(`The sidecar of ${name} is not ready after 20 s`)
}

/** Routes follow readiness by a moment. */
async function answers(port: number): Promise<void> {
  let last = 0
  for (let attempt = 0; attempt < 100; attempt++) {
    last = (await exchange(port, request('GET', '/0', { host: 'echo' }))).status
    if (last === 200) return
    await sleep(50)
  }
  throw new Error(`expected 200 through the sidecars, got ${last}`)
}

/** The Envoy under its agent. */
function childOf(pid: number): number {
  const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0])
  if (!child) throw new Error(`Cannot find Envoy: the agent ${pid} has no child`)
  return child
}
