/** A real Envoy, or mizzen's own proxy, that takes its configuration from an ADS server. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { findEnvoy } from '../oracle/envoy.ts'
import { until } from './event-log.ts'

export class XdsEnvoy {
  readonly #child: ChildProcess
  readonly #folder: string
  #said = ''
  #admin = ''

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child
    this.#folder = folder
    child.stderr?.setEncoding('utf8').on('data', text => {
      this.#said += text
    })
  }

  /** Returns when the admin endpoint answers, which is before there is any configuration. */
  static async start(xdsSocket: string, apiType: 'DELTA_GRPC' | 'GRPC', engine: 'envoy' | 'mizzen' = 'envoy'): Promise<XdsEnvoy> {
    const [binary, ...first] = engine === 'envoy' ? [findEnvoy()] : [process.execPath, PROXY]
    if (!binary) throw new Error('Cannot start Envoy: there is no binary')
    const folder = await mkdtemp(path.join(tmpdir(), 'mizzen-envoy-'))
    const bootstrapFile = path.join(folder, 'bootstrap.json')
    await writeFile(bootstrapFile, JSON.stringify(bootstrap(xdsSocket, apiType)))
    const adminFile = path.join(folder, 'admin')
    const files = ['-c', bootstrapFile, '--admin-address-path', adminFile]
    const child = spawn(binary, [...first, ...files, '--concurrency', '1', '--use-dynamic-base-id', '-l', 'warning'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const envoy = new XdsEnvoy(child, folder)
    try {
      await until(async () => {
        if (child.exitCode !== null) throw new Error(`Envoy exited with ${child.exitCode}: ${envoy.#said}`)
        envoy.#admin = await readFile(adminFile, 'utf8').catch(() => '')
        return envoy.#admin !== ''
      }, 'Envoy starts')
    } catch (error) {
      await envoy.stop()
      throw error
    }
    return envoy
  }

  get log(): string {
    return this.#said
  }

  async ask(adminPath: string): Promise<string> {
    return (await fetch(`http://${this.#admin.trim()}${adminPath}`)).text()
  }

  /** The port that the kernel picked, once the listener is there. */
  async port(listener: string): Promise<number> {
    let port: string | undefined
    await until(async () => {
      // Lines of the form "name::127.0.0.1:40123".
      const lines = (await this.ask('/listeners')).split('\n').map(line => line.split('::'))
      port = lines
        .find(([name]) => name === listener)?.[1]
        ?.split(':')
        .at(-1)
      return port !== undefined
    }, `Envoy has the listener "${listener}"`)
    return Number(port)
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGKILL')
      await once(this.#child, 'exit')
    }
    await rm(this.#folder, { recursive: true, force: true })
  }
}

const PROXY = path.resolve(import.meta.dirname, '../../src/proxy/main.ts')

function bootstrap(xdsSocket: string, apiType: 'DELTA_GRPC' | 'GRPC') {
  const ads = { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '0s' }
  const http2 = {
    '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
    explicit_http_config: { http2_protocol_options: {} },
  }
  return {
    node: { id: 'sidecar~127.0.0.1~test-0.default~default.svc.cluster.local', cluster: 'test.default' },
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: 0 } } },
    dynamic_resources: {
      cds_config: ads,
      lds_config: ads,
      ads_config: {
        api_type: apiType,
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds-grpc' } }],
      },
    },
    static_resources: {
      clusters: [
        {
          name: 'xds-grpc',
          type: 'STATIC',
          connect_timeout: '1s',
          typed_extension_protocol_options: { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': http2 },
          load_assignment: {
            cluster_name: 'xds-grpc',
            endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path: xdsSocket } } } }] }],
          },
        },
      ],
    },
  }
}
