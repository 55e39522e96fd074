/** The files that a pod's proxy starts from: Envoy's bootstrap, and how to come by a certificate. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { AgentConfig } from '../../identity/workload/agent-config.ts'
import type { Bootstrap } from '../../xds/gen/envoy/config/bootstrap/v3/bootstrap.ts'
import { type BootstrapOptions, bootstrapOf, encodeBootstrap } from '../bootstrap.ts'
import { readDownward } from './downward.ts'
import type { PodSetup } from './setup.ts'

/** Where injection mounts what a pod is given. */
export const POD_INFO = '/etc/istio/pod'
const TOKEN = '/var/run/secrets/tokens/istio-token'
const ROOTS = '/var/run/secrets/istio/root-cert.pem'
const REVOCATIONS = '/var/run/secrets/istio/crl/ca-crl.pem'

export interface Mounts {
  readonly podInfo: string
  readonly tokenFile: string
  readonly rootsFile: string
  readonly revocationsFile: string
}

export const MOUNTS: Mounts = { podInfo: POD_INFO, tokenFile: TOKEN, rootsFile: ROOTS, revocationsFile: REVOCATIONS }

export interface BootstrapFiles {
  readonly bootstrap: Bootstrap
  readonly bootstrapFile: string
  readonly identityFile: string
}

/** Envoy's channels to the agent beside it. */
export function socketsOf(directory: string): { readonly xds: string; readonly sds: string } {
  return { xds: path.join(directory, 'XDS'), sds: path.join(directory, 'SDS') }
}

export function writeBootstrap(setup: PodSetup, mounts: Mounts): BootstrapFiles {
  mkdirSync(setup.directory, { recursive: true })
  const options = optionsOf(setup, mounts)
  const files = {
    bootstrapFile: path.join(setup.directory, 'bootstrap.pb'),
    identityFile: path.join(setup.directory, 'identity.json'),
  }
  writeFileSync(files.bootstrapFile, encodeBootstrap(options))
  writeFileSync(files.identityFile, JSON.stringify(identityOf(setup, mounts)))
  return { ...files, bootstrap: bootstrapOf(options) }
}

export function identityOf({ controlPlane }: PodSetup, { rootsFile, tokenFile, revocationsFile }: Mounts): AgentConfig {
  return { controlPlane, rootsFile, tokenFile, revocationsFile }
}

export function optionsOf(setup: PodSetup, { podInfo }: Mounts): BootstrapOptions {
  const { role, pod, namespace, addresses, workload, serviceAccount, interception, metadata, domain, adminPort } = setup
  const sockets = socketsOf(setup.directory)
  return {
    identity: {
      type: role,
      pod,
      namespace,
      ip: addresses[0] ?? '127.0.0.1',
      workload,
      serviceAccount,
      labels: readDownward(path.join(podInfo, 'labels')),
      annotations: readDownward(path.join(podInfo, 'annotations')),
      interception,
      domain,
      metadata: { ...metadata, INSTANCE_IPS: addresses.join(',') },
      ...(setup.serviceCluster && { cluster: setup.serviceCluster }),
    },
    admin: { host: '127.0.0.1', port: adminPort },
    ...(setup.engine === 'envoy' || setup.agentOnly
      ? { controlPlane: { path: sockets.xds }, secrets: sockets.sds }
      : { controlPlane: asAddress(setup), secrets: sockets.sds }),
  }
}

function asAddress({ controlPlane }: PodSetup): BootstrapOptions['controlPlane'] {
  return controlPlane
}
