/**
 * As little mesh as the faults need: the Service "echo" with pods in versions that answer with their version, and sidecars of clients on
 * the engine under test. The configuration is files in a directory; who serves it is the test's choice.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { encodeBootstrap } from '../../src/run/bootstrap.ts'
import { ENVOY_MISSING, envoyBinary, envoyCommand, mizzenCommand } from '../scenarios/engines.ts'
import { freePorts } from '../scenarios/ports.ts'
import { type NamedServer, startNamed } from '../xds/http-load.ts'
import { until } from './control-plane.ts'

export const ENGINES = ['mizzen', 'envoy'] as const
export type EngineName = (typeof ENGINES)[number]

/** For `{ skip }` of a test. */
export function missing(engine: EngineName): string | false {
  return engine === 'envoy' && !envoyBinary() ? ENVOY_MISSING : false
}

export interface Sidecar {
  readonly pod: string
  readonly child: ChildProcess
  /** Its HTTP_PROXY. */
  readonly port: number
  readonly adminPort: number
}

const WEIGHTS = 'virtual-service.yaml'

export class SmallMesh implements AsyncDisposable {
  /** The configuration's. */
  readonly directory: string
  /** Where sidecars look for the control plane. */
  readonly socket: string
  readonly sidecars: Sidecar[] = []
  readonly #state: string
  readonly #servers: NamedServer[] = []

  private constructor(directory: string, state: string) {
    this.directory = directory
    this.#state = state
    this.socket = path.join(state, 'xds.sock')
  }

  /** One pod a version, "v1" and "v2", and all traffic to v1. Nothing serves the configuration yet. */
  static async create(): Promise<SmallMesh> {
    const [directory, state] = await Promise.all(['files', 'state'].map(name => mkdtemp(path.join(tmpdir(), `mizzen-${name}-`))))
    const mesh = new SmallMesh(directory ?? '', state ?? '')
    const servers = await Promise.all(['v1', 'v2'].map(startNamed))
    mesh.#servers.push(...servers)
    const pods = servers.map(({ port }, index) =>
      podManifest(`echo-v${index + 1}`, { app: 'echo', version: `v${index + 1}` }, port),
    )
    await mesh.write('echo.yaml', [SERVICE, ...pods].join('---\n'))
    await mesh.write(WEIGHTS, weights(100, 0))
    return mesh
  }

  /** As a good editor saves: the new text is there whole or not at all. */
  async write(file: string, text: string): Promise<void> {
    await writeFile(path.join(this.directory, `${file}~`), text)
    await rename(path.join(this.directory, `${file}~`), path.join(this.directory, file))
  }

  async remove(file: string): Promise<void> {
    await rm(path.join(this.directory, file))
  }

  setWeights(v1: number, v2: number): Promise<void> {
    return this.write(WEIGHTS, weights(v1, v2))
  }

  /** Starts one; it is ready once a control plane serves it. */
  async startSidecar(engine: EngineName): Promise<Sidecar> {
    const [adminPort = 0, port = 0] = await freePorts(2)
    const pod = `client-${this.sidecars.length}`
    await this.write(`${pod}.yaml`, clientManifest(pod, port))
    const bootstrap = path.join(this.#state, `${pod}.pb`)
    const identity = {
      type: 'sidecar',
      pod,
      namespace: 'default',
      ip: '127.0.0.1',
      workload: pod,
      serviceAccount: 'default',
      labels: {},
      annotations: {},
      interception: 'NONE',
    } as const
    await writeFile(
      bootstrap,
      encodeBootstrap({ identity, admin: { host: '127.0.0.1', port: adminPort }, controlPlane: { path: this.socket } }),
    )
    const [command, ...args] = engine === 'envoy' ? envoyCommand(bootstrap) : mizzenCommand(bootstrap)
    const sidecar = { pod, port, adminPort, child: spawn(command, args, { stdio: 'ignore' }) }
    this.sidecars.push(sidecar)
    return sidecar
  }

  async ready(): Promise<void> {
    for (const { pod, adminPort } of this.sidecars)
      await until(`${pod} is ready`, () =>
        fetch(`http://127.0.0.1:${adminPort}/ready`).then(
          ({ status }) => status === 200,
          () => false,
        ),
      )
  }

  get ports(): number[] {
    return this.sidecars.map(({ port }) => port)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.sidecars.map(({ child }) => killed(child)))
    for (const server of this.#servers) server.stop()
    await Promise.all([this.directory, this.#state].map(folder => rm(folder, { recursive: true, force: true })))
  }
}

/** Ends a process that the test started, if it still runs. */
export async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

const SERVICE = `apiVersion: v1
kind: Service
metadata: {name: echo}
spec:
  selector: {app: echo}
  ports: [{name: http, port: 80, targetPort: 8080}]
`

function weights(v1: number, v2: number): string {
  return `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: echo}
spec:
  hosts: [echo]
  http:
    - route:
        - {destination: {host: echo, subset: v1}, weight: ${v1}}
        - {destination: {host: echo, subset: v2}, weight: ${v2}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: echo}
spec:
  host: echo
  subsets:
    - {name: v1, labels: {version: v1}}
    - {name: v2, labels: {version: v2}}
`
}

/** A pod without a sidecar whose application listens on `port` for the container port 8080. */
export function podManifest(name: string, labels: Readonly<Record<string, string>>, port: number): string {
  return pod(
    name,
    labels,
    { 'mizzen.dev/inbound': JSON.stringify({ 8080: { listen: port, app: port } }) },
    '[{containerPort: 8080}]',
  )
}

function clientManifest(name: string, httpProxy: number): string {
  return pod(name, {}, { 'mizzen.dev/inbound': '{}', 'mizzen.dev/http-proxy': `${httpProxy}` }, '[]')
}

function pod(
  name: string,
  labels: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string>>,
  ports: string,
) {
  return `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  labels: ${JSON.stringify(labels)}
  annotations: ${JSON.stringify({ 'mizzen.dev/capture': 'ports', ...annotations })}
spec:
  containers: [{name: app, image: app, ports: ${ports}}]
status: {phase: Running, podIP: 127.0.0.1, conditions: [{type: Ready, status: "True"}]}
`
}
