/** A control plane of the tests: the real ADS server over a unix socket, with resources given as JSON. */
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { AdsServer } from '../../src/xds/server/ads-server.ts'
import { type GrpcServer, serveAds } from '../../src/xds/server/grpc.ts'
import { MapSource } from '../../src/xds/server/map-source.ts'
import type { ServerEvent } from '../../src/xds/server/server-event.ts'
import { type JsonValue, jsonToBytes } from '../../src/xds/wire/json.ts'
import { CLUSTER, ENDPOINT, LISTENER, ROUTE } from '../../src/xds/wire/type-url.ts'
import { HTTP2_UPSTREAM } from './bootstrap.ts'

type Json = { [name: string]: JsonValue }

const ADS = { ads: {}, resourceApiVersion: 'V3' }

export class ControlPlane implements AsyncDisposable {
  readonly socket: string
  readonly events: ServerEvent[] = []
  readonly #folder: string
  readonly #source = new MapSource()
  #server: GrpcServer | undefined

  private constructor(folder: string) {
    this.#folder = folder
    this.socket = path.join(folder, 'xds.sock')
  }

  static async start(): Promise<ControlPlane> {
    const plane = new ControlPlane(await mkdtemp(path.join(tmpdir(), 'mizzen-test-xds-')))
    await plane.up()
    return plane
  }

  async up(): Promise<void> {
    const ads = new AdsServer({ source: this.#source, onEvent: event => this.events.push(event) })
    this.#server = await serveAds({ ads, listen: [{ path: this.socket }] })
  }

  async down(): Promise<void> {
    await this.#server?.close(0)
    this.#server = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down()
    await rm(this.#folder, { recursive: true, force: true })
  }

  /** An EDS cluster and its endpoints. */
  cluster(name: string, ports: readonly number[], more: Json = {}): void {
    this.put(CLUSTER, { name, type: 'EDS', edsClusterConfig: { edsConfig: ADS }, connectTimeout: '1s', ...more })
    this.endpoints(name, ports)
  }

  endpoints(name: string, ports: readonly number[]): void {
    const lbEndpoints = ports.map(portValue => ({
      endpoint: { address: { socketAddress: { address: '127.0.0.1', portValue } } },
    }))
    this.put(ENDPOINT, { clusterName: name, endpoints: [{ lbEndpoints }] })
  }

  routes(name: string, routes: JsonValue): void {
    this.put(ROUTE, { name, virtualHosts: [{ name: 'all', domains: ['*'], routes }] })
  }

  put(type: string, message: Json): void {
    const bytes = jsonToBytes(type, message)
    const name = String(message['name'] ?? message['clusterName'])
    const version = createHash('sha256').update(bytes).digest('base64url').slice(0, 12)
    this.#source.update(type, [{ name, version, bytes }])
  }

  remove(type: string, name: string): void {
    this.#source.update(type, [], [name])
  }

  /** NACKs so far, as text. */
  get refusals(): string {
    return this.events
      .filter(event => event.kind === 'nacked')
      .map(event => JSON.stringify(event))
      .join('\n')
  }

  /** What a proxy is started with. */
  bootstrap(admin: number, staticResources: Json = {}): Json {
    const grpcServices = [{ envoyGrpc: { clusterName: 'xds-grpc' } }]
    const xds = {
      name: 'xds-grpc',
      type: 'STATIC',
      connectTimeout: '1s',
      loadAssignment: {
        clusterName: 'xds-grpc',
        endpoints: [{ lbEndpoints: [{ endpoint: { address: { pipe: { path: this.socket } } } }] }],
      },
      ...HTTP2_UPSTREAM,
    }
    const clusters = Array.isArray(staticResources['clusters']) ? staticResources['clusters'] : []
    return {
      node: { id: 'sidecar~127.0.0.1~test.default~default.svc.cluster.local', cluster: 'test' },
      admin: { address: { socketAddress: { address: '127.0.0.1', portValue: admin } } },
      dynamicResources: {
        cdsConfig: { ...ADS, initialFetchTimeout: '0s' },
        ldsConfig: { ...ADS, initialFetchTimeout: '0s' },
        adsConfig: { apiType: 'DELTA_GRPC', transportApiVersion: 'V3', grpcServices },
      },
      staticResources: { ...staticResources, clusters: [...clusters, xds] },
    }
  }
}

export const RDS = (routeConfigName: string): Json => ({ routeConfigName, configSource: { ...ADS, initialFetchTimeout: '0s' } })

export { CLUSTER, ENDPOINT, LISTENER, ROUTE }
