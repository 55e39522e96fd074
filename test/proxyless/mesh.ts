/**
 * A small mesh for applications without a proxy: a control plane that knows who asks, pods on this machine, and beside each application the agent
 * that `mizzen up` and injection put there.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readAgentConfig } from '../../src/identity/workload/agent-config.ts'
import { GrpcAgent } from '../../src/run/agent/grpc-agent.ts'
import { encodeBootstrap, nodeOf, type ProxyIdentity } from '../../src/run/bootstrap.ts'
import { ControlPlane } from '../../src/run/control-plane.ts'
import { grpcBootstrap } from '../../src/run/grpc-bootstrap.ts'
import { Store } from '../../src/source/store.ts'
import { AdsServer } from '../../src/xds/server/ads-server.ts'
import { serveAds } from '../../src/xds/server/grpc.ts'
import { mizzenCommand } from '../scenarios/engines.ts'
import { Identities } from '../scenarios/identities.ts'
import { parseObjects } from '../scenarios/objects.ts'
import { freePorts } from '../scenarios/ports.ts'
import { type Application, GRPC_VARIABLES, ProxylessCaller } from '../scenarios/proxyless.ts'

/** Of the services' pods. */
const PORT = 7000

export interface PodPorts {
  readonly app: number
  /** Where it is reached: the sidecar's port, or the application's own. */
  readonly listen: number
}

export class ProxylessMesh {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'mizzen-proxyless-'))
  /** What applications have refused, a sentence each. */
  readonly refusals: string[] = []
  readonly #store = new Store()
  readonly #pods = this.#store.source()
  readonly #policies = this.#store.source()
  readonly #controlPlane = new ControlPlane(this.#store)
  readonly #ads = new AdsServer({
    source: this.#controlPlane,
    quietMs: 5,
    onEvent: event => {
      if (event.kind === 'nacked') this.refusals.push(`${event.node} refused ${event.resources.join(', ')}: ${event.detail}`)
    },
  })
  readonly #socket = path.join(this.folder, 'xds.sock')
  readonly #manifests = new Map<string, string>()
  readonly #running = new AsyncDisposableStack()
  #identities: Identities | undefined

  async open(): Promise<void> {
    const identities = await Identities.open(this.folder, this.#controlPlane)
    const { admit, services } = identities.trust
    const server = await serveAds({ ads: this.#ads, listen: [{ path: this.#socket }], admit, services })
    this.#identities = identities
    this.#running.defer(async () => {
      identities.close()
      this.#ads.close()
      await server.close(0)
      this.#controlPlane.close()
      rmSync(this.folder, { recursive: true, force: true })
    })
  }

  /** @param name of the pod, its service account, and its service unless it is another's */
  async addPod(name: string, proxyless: boolean, service = name): Promise<PodPorts> {
    const [app = 0, free = 0] = await freePorts(2)
    const ports = { app, listen: proxyless ? app : free }
    const annotations = {
      'mizzen.dev/capture': 'ports',
      'mizzen.dev/inbound': JSON.stringify({ [PORT]: ports }),
      'mizzen.dev/identity': 'true',
      ...(proxyless && { 'inject.istio.io/templates': 'grpc-agent' }),
    }
    const labels = { app: service, version: 'v1', ...(!proxyless && { 'security.istio.io/tlsMode': 'istio' }) }
    this.#manifests.set(
      `service ${service}`,
      `apiVersion: v1
kind: Service
metadata: {name: ${service}, namespace: default}
spec: {selector: {app: ${service}}, ports: [{name: grpc, port: ${PORT}, targetPort: ${PORT}}]}
`,
    )
    this.#manifests.set(
      `pod ${name}`,
      `apiVersion: v1
kind: Pod
metadata: {name: ${name}-0, namespace: default, labels: ${JSON.stringify(labels)}, annotations: ${JSON.stringify(annotations)}}
spec:
  serviceAccountName: ${name}
  containers: [{name: app, image: app, ports: [{containerPort: ${PORT}}]}]
status: {phase: Running, podIP: 127.0.0.1, conditions: [{type: Ready, status: "True"}]}
`,
    )
    this.#pods.publish(await parseObjects('pods.yaml', [...this.#manifests.values()].join('---\n')))
    return ports
  }

  async apply(policies: string): Promise<void> {
    this.#policies.publish(await parseObjects('policies.yaml', policies))
  }

  /** The agent of a pod. @returns what the application starts from, and where its certificates are */
  async startAgent(name: string, certificateSeconds?: number): Promise<{ bootstrap: string; certificates: string }> {
    const files = await this.#filesOf(name, certificateSeconds)
    const certificates = path.join(this.folder, `${name}-certificates`)
    const log = (level: string, _part: string, text: string) => process.stderr.write(`${name}: ${level}: ${text}\n`)
    const agent = new GrpcAgent({ identity: readAgentConfig(files.identity), socket: files.xdsSocket, certificates, log })
    this.#running.defer(() => agent.close())
    while (agent.notReady !== undefined) await new Promise(resolve => setTimeout(resolve, 20))
    const { id = '', cluster = '', metadata = {} } = nodeOf(identity(name))
    const bootstrap = path.join(this.folder, `${name}.json`)
    const server = `unix://${files.xdsSocket}`
    writeFileSync(bootstrap, grpcBootstrap({ node: { id, cluster, metadata }, server, certificates, refreshSeconds: 1 }))
    return { bootstrap, certificates }
  }

  /** A program beside an agent, without a proxy. */
  serve([program, ...args]: Application, bootstrap: string): void {
    const env = { ...process.env, ...GRPC_VARIABLES, GRPC_XDS_BOOTSTRAP: bootstrap }
    this.#own(spawn(program, args, { env, stdio: ['ignore', 'ignore', 'inherit'] }))
  }

  caller(application: Application, bootstrap: string): ProxylessCaller {
    const caller = new ProxylessCaller(application, bootstrap)
    this.#running.defer(() => caller.close())
    return caller
  }

  async startSidecar(name: string): Promise<void> {
    const files = await this.#filesOf(name)
    const bootstrap = path.join(this.folder, `${name}.pb`)
    const [admin = 0] = await freePorts(1)
    const controlPlane = { path: this.#socket }
    const encoded = encodeBootstrap({
      identity: identity(name),
      admin: { host: '127.0.0.1', port: admin },
      controlPlane,
      secrets: files.sdsSocket,
    })
    writeFileSync(bootstrap, encoded)
    const [program, ...args] = mizzenCommand(bootstrap, files.identity)
    this.#own(spawn(program, args, { stdio: 'ignore' }))
  }

  /** Something listens on `from`, and passes bytes on to `to`. */
  async forward(from: number, to: number): Promise<void> {
    const server = createServer(socket => {
      const up = connect(to, '127.0.0.1')
      for (const each of [socket, up]) each.on('error', () => void each.destroy())
      socket.pipe(up).pipe(socket)
    })
    this.#running.defer(() => void server.close())
    await new Promise<void>(resolve => server.listen(from, '127.0.0.1', resolve))
  }

  defer(end: () => unknown): void {
    this.#running.defer(async () => void (await end()))
  }

  close(): Promise<void> {
    return this.#running.disposeAsync()
  }

  #filesOf(name: string, certificateSeconds?: number) {
    if (this.#identities === undefined) throw new Error('The mesh is not open')
    const workload = { namespace: 'default', pod: `${name}-0`, serviceAccount: name }
    return this.#identities.filesOf(workload, this.#socket, certificateSeconds)
  }

  #own(child: ChildProcess): void {
    this.#running.defer(() => void child.kill('SIGKILL'))
  }
}

function identity(name: string): ProxyIdentity {
  return {
    type: 'sidecar',
    pod: `${name}-0`,
    namespace: 'default',
    ip: '127.0.0.1',
    workload: name,
    serviceAccount: name,
    labels: { app: name, version: 'v1' },
    annotations: {},
    interception: 'NONE',
  }
}
