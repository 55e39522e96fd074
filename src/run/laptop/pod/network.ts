/**
 * What a pod has for a network: the loopback address of this machine with ports assigned to it, or (with --isolate) a network of its own.
 * Everything that differs between the two is behind this seam.
 */
import type { PodPlan } from '../plan/pod-plan.ts'
import type { Target } from '../probe/checks.ts'

export interface Network {
  /** The same pod gets the same addresses again after a restart. */
  attach(plan: PodPlan, forwarded: readonly string[]): Promise<PodNetwork>
  /** Gives back what belongs to no single pod. */
  close(): Promise<void>
}

export interface PodNetwork {
  readonly ip: string
  /** Istio's INTERCEPTION_MODE. */
  readonly interception: 'REDIRECT' | 'NONE'
  /** The Pod's annotations that tell the control plane. */
  readonly annotations: Readonly<Record<string, string>>
  /** See ContainerSurroundings. */
  readonly listenAddress: string | undefined
  readonly httpProxy: number | undefined
  /** Container port -> port the application listens on. */
  readonly ports: ReadonlyMap<number, number>
  /** Where the proxy's admin endpoint listens. */
  readonly admin: { readonly host: string; readonly port: number }
  /** Local port that leads to the service ("host:port"); undefined: its name does. */
  forward(service: string): number | undefined
  /** Where a probe of the application goes; ports that the pod does not declare are as they are. */
  applicationTarget(port: number): Target
  /** Where the proxy's admin endpoint is asked. */
  adminTarget(): Target
  /** Of a gateway: where its server port is reached from this machine. */
  entrance(serverPort: number): { readonly host: string; readonly port: number } | undefined
  /** The command as it runs in this network. */
  inside(argv: readonly string[], role: 'application' | 'proxy'): readonly string[]
  /** The pod has other ports now, or other services are forwarded. @returns whether annotations changed */
  update(plan: PodPlan, forwarded: readonly string[]): Promise<boolean>
  release(): Promise<void>
}
