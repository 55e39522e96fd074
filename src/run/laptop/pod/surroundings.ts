/** What pods need of the mesh they are in, and what their containers are told of it. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Clock } from '../../../lib/clock.ts'
import type { ControlPlaneAddress } from '../../bootstrap.ts'
import type { EngineCommand } from '../../engine.ts'
import { installation } from '../../installation.ts'
import type { Journal } from '../console/journal.ts'
import type { ContainerSurroundings } from '../env/container-env.ts'
import type { ServicePort } from '../env/service-address.ts'
import type { Engine, PodPlan } from '../plan/pod-plan.ts'
import type { References } from '../plan/references.ts'
import type { Target } from '../probe/checks.ts'
import type { Ledger } from '../process/ledger.ts'
import type { PodFiles } from '../state/directory.ts'
import type { Network, PodNetwork } from './network.ts'

export interface PodSurroundings {
  readonly network: Network
  readonly controlPlane: ControlPlaneAddress
  readonly clock: Clock
  readonly ledger: Ledger
  readonly journal: Journal
  /** The environment of `mizzen up`. */
  readonly inherited: Readonly<Record<string, string | undefined>>
  readonly nodeName: string
  /** Life of pods' certificates, seconds; undefined: what the authority gives. */
  readonly certificateSeconds: number | undefined
  /** Where the pod's proxy reads which certificates are no longer good. */
  readonly revocationsFile: string
  /** Where what the pod's proxy is started from is written. */
  files(plan: PodPlan): PodFiles
  /** Keeps a token of the pod's identity in a file. @returns ends that */
  keepToken(plan: PodPlan, file: string): Promise<() => void>
  /** @throws when the engine is not on this machine */
  engineCommand(engine: Engine, files: PodFiles): EngineCommand
  /** The agent of an application without a proxy. @param ready where it says whether the application can start */
  grpcAgentCommand(files: PodFiles, ready: Target): EngineCommand
  references(namespace: string): References
  /** Ports of all services; `forward` is not set yet. */
  services(): readonly ServicePort[]
  /** Services ("host:port") to be forwarded. */
  forwarded(): readonly string[]
}

/** Annotation of a pod: "false" leaves its Node applications alone. */
export const PROPAGATION = 'mizzen.dev/propagate-context'

const script = path.join(installation().dist, 'propagate.cjs')
/** Node does not start when it is not there. */
const preload = existsSync(script) ? script : undefined

export function containerSurroundings(
  plan: PodPlan,
  uid: string,
  network: PodNetwork,
  around: PodSurroundings,
): ContainerSurroundings {
  return {
    pod: {
      name: plan.name,
      namespace: plan.namespace,
      uid,
      labels: plan.labels,
      annotations: plan.annotations,
      serviceAccount: plan.serviceAccount,
      podIP: network.ip,
      hostIP: '127.0.0.1',
      nodeName: around.nodeName,
    },
    ...around.references(plan.namespace),
    inherited: around.inherited,
    ports: network.ports,
    listenAddress: network.listenAddress,
    httpProxy: network.httpProxy,
    preload: plan.proxy?.type === 'sidecar' && plan.annotations[PROPAGATION] !== 'false' ? preload : undefined,
    traceNotes: `http://${network.adminTarget().host}:${network.adminTarget().port}`,
    grpcBootstrap: plan.proxy?.type === 'grpc' ? around.files(plan).grpcBootstrap : undefined,
    services: around.services().map(service => ({ ...service, forward: network.forward(`${service.host}:${service.port}`) })),
  }
}
