/**
 * No proxy at all: an agent for an application that reads xDS itself (gRPC). It gets the certificate and keeps it in files, and carries the
 * application's configuration stream; a file tells the application's library where.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { WorkloadCertificate } from '../../identity/workload/credentials.ts'
import { WorkloadIdentity } from '../../identity/workload/workload-identity.ts'
import { systemClock } from '../../lib/clock.ts'
import type { Log } from '../../proxy/context.ts'
import { XdsRelay } from '../agent/xds-relay.ts'
import { nodeOf } from '../bootstrap.ts'
import { identityOf, type Mounts, optionsOf, socketsOf } from './bootstrap-files.ts'
import type { PodEngine } from './pod-engine.ts'
import type { PodSetup } from './setup.ts'

export function agentEngine(setup: PodSetup, mounts: Mounts, log: Log): PodEngine {
  const { xds } = socketsOf(setup.directory)
  const files = setup.certificateDirectory ?? setup.directory
  let end: (code: number) => void = () => {}
  const ended = new Promise<number>(resolve => {
    end = resolve
  })
  const identity = new WorkloadIdentity({
    config: identityOf(setup, mounts),
    clock: systemClock,
    random: Math.random,
    onCertificate: certificate => writeCertificate(files, certificate),
    onFailure: (reason, retryMs) => log('warning', 'identity', `no certificate: ${reason}; tries again in ${retryMs} ms`),
  })
  const relay = new XdsRelay(setup.controlPlane, identity.credentials)
  mkdirSync(setup.directory, { recursive: true })
  writeFileSync(path.join(setup.directory, 'grpc-bootstrap.json'), grpcBootstrap(setup, mounts, xds, files))
  let listens = false
  relay.listen(xds).then(
    () => {
      listens = true
    },
    error => log('error', 'xds', `Cannot serve configuration: ${error instanceof Error ? error.message : String(error)}`),
  )
  identity.start()
  return {
    async notReady() {
      if (!listens) return 'the socket for configuration is not open yet'
      return identity.current === undefined ? 'there is no certificate yet' : undefined
    },
    drain() {},
    connections: async () => 0,
    stop() {
      identity.close()
      relay.close()
      end(0)
    },
    ended,
  }
}

/** gRPC's own bootstrap (gRFC A27), with the files of gRFC A29. */
export function grpcBootstrap(setup: PodSetup, mounts: Mounts, socket: string, files: string): string {
  const { id, cluster, metadata } = nodeOf(optionsOf(setup, mounts).identity)
  return JSON.stringify({
    xds_servers: [{ server_uri: `unix://${socket}`, channel_creds: [{ type: 'insecure' }], server_features: ['xds_v3'] }],
    node: { id, cluster, metadata: { ...metadata, GENERATOR: 'grpc' } },
    certificate_providers: {
      default: {
        plugin_name: 'file_watcher',
        config: {
          certificate_file: path.join(files, 'cert-chain.pem'),
          private_key_file: path.join(files, 'key.pem'),
          ca_certificate_file: path.join(files, 'root-cert.pem'),
          refresh_interval: '900s',
        },
      },
    },
    server_listener_resource_name_template: 'xds.istio.io/grpc/lds/inbound/%s',
  })
}

/** Each file is whole at any moment: libraries watch them. */
function writeCertificate(directory: string, { chain, key, roots }: WorkloadCertificate): void {
  mkdirSync(directory, { recursive: true })
  for (const [name, text, mode] of [
    ['key.pem', key, 0o600],
    ['cert-chain.pem', chain, 0o644],
    ['root-cert.pem', roots, 0o644],
  ] as const) {
    const file = path.join(directory, name)
    writeFileSync(`${file}.new`, text, { mode })
    renameSync(`${file}.new`, file)
  }
}
