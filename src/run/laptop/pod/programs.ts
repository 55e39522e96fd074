/** The programs that make up a pod: its containers and its proxy, each with what tells whether it is well. */
import type { Probe as ProbeSpec } from '../../../api/kubernetes/pod/schema.ts'
import { type ControlPlaneAddress, encodeBootstrap, nodeOf, type ProxyIdentity } from '../../bootstrap.ts'
import type { EngineCommand } from '../../engine.ts'
import { grpcBootstrap } from '../../grpc-bootstrap.ts'
import type { ContainerEnv } from '../env/container-env.ts'
import type { ContainerPlan, PodPlan } from '../plan/pod-plan.ts'
import { execCheck, httpCheck, tcpCheck } from '../probe/checks.ts'
import type { Check } from '../probe/prober.ts'
import type { Probe, Program } from '../process/supervised.ts'
import type { PodFiles } from '../state/directory.ts'
import type { PodNetwork } from './network.ts'

/** Runs a command beside a container (exec probes). Resolves with its exit code; undefined: it took too long or could not run. */
export type RunBeside = (argv: readonly string[], timeoutMs: number) => Promise<number | undefined>

/** A container that says nothing about its health is up when it listens. So long (seconds) it may take before that is told. */
const LISTEN_SECONDS = 10

/** @param certificates of the pod, where the application itself takes mutual TLS */
export function containerProgram(
  plan: PodPlan,
  container: ContainerPlan,
  { argv, env }: ContainerEnv,
  network: PodNetwork,
  runBeside: RunBeside,
  certificates?: string,
): Program {
  const { startupProbe, readinessProbe, livenessProbe } = container
  const probe = (spec: ProbeSpec | undefined): Probe | undefined =>
    spec && { timing: spec, check: checkOf(spec, container, network, runBeside, certificates) }
  const startup = probe(startupProbe)
  return {
    command: {
      name: `${plan.key}/${container.name}`,
      argv: network.inside(argv, 'application'),
      cwd: container.workdir,
      env,
    },
    startup: startup ? { ...startup, restarts: true } : readinessProbe ? undefined : listens(container, network),
    readiness: probe(readinessProbe),
    liveness: probe(livenessProbe),
    graceMs: plan.graceMs,
  }
}

/** Without any probe: a pod to which traffic goes before its program listens would fail its first requests. */
function listens({ ports: [first] }: ContainerPlan, network: PodNetwork): Program['startup'] {
  if (!first) return undefined
  const target = network.applicationTarget(first.number)
  const check: Check = async timeoutMs => {
    const reason = await tcpCheck(target)(timeoutMs)
    return reason && `nothing listens on port ${target.port}; the program is expected to listen on $PORT`
  }
  return { check, timing: { periodSeconds: 1, failureThreshold: LISTEN_SECONDS }, restarts: false }
}

function checkOf(
  spec: ProbeSpec,
  container: ContainerPlan,
  network: PodNetwork,
  runBeside: RunBeside,
  certificates: string | undefined,
): Check {
  const targetOf = (port: number | string) => network.applicationTarget(portNumber(port, container))
  const { httpGet, tcpSocket, exec, grpc } = spec
  if (httpGet) {
    const { path = '/', scheme = 'HTTP', httpHeaders = [] } = httpGet
    const headers = Object.fromEntries(httpHeaders.map(({ name, value }) => [name.toLowerCase(), value]))
    return httpCheck({ ...targetOf(httpGet.port), scheme, path, headers })
  }
  if (tcpSocket) return tcpCheck(targetOf(tcpSocket.port))
  if (exec) return execCheck(exec.command ?? [], timeoutMs => runBeside(exec.command ?? [], timeoutMs))
  if (grpc) {
    const target = targetOf(grpc.port)
    // Its library is large, and few need it.
    const check = import('../probe/grpc-check.ts').then(({ grpcCheck }) => grpcCheck(target, grpc.service ?? '', certificates))
    return async timeoutMs => (await check)(timeoutMs)
  }
  return async () => 'the probe says nothing to do, expected httpGet, tcpSocket, exec or grpc'
}

function portNumber(port: number | string, { ports }: ContainerPlan): number {
  return ports.find(({ name }) => name === port)?.number ?? Number(port)
}

/** From SIGTERM a proxy finishes what is under way, for its drain time (see engine.ts) and a little more; milliseconds. */
const PROXY_GRACE_MS = 12_000

/** Envoy answers 503 until it has its configuration. */
function hasConfiguration(network: PodNetwork): Check {
  const ask = httpCheck({ ...network.adminTarget(), scheme: 'HTTP', path: '/ready', headers: {} })
  return async timeoutMs => {
    const reason = await ask(timeoutMs)
    return reason && `it has no configuration yet (${reason})`
  }
}

export function proxyProgram(plan: PodPlan, network: PodNetwork, command: EngineCommand, cwd: string): Program {
  return {
    command: {
      name: `${plan.key}/proxy`,
      argv: network.inside(command.argv, 'proxy'),
      cwd,
      env: command.env,
    },
    // Ready means that it has its configuration. A proxy that has none keeps waiting: the control plane may come back.
    startup: {
      check: hasConfiguration(network),
      timing: { periodSeconds: 1, failureThreshold: 10 },
      restarts: false,
    },
    readiness: undefined,
    liveness: undefined,
    graceMs: PROXY_GRACE_MS,
  }
}

/** @param secrets unix socket of the agent, where there is one */
export function proxyBootstrap(
  plan: PodPlan,
  network: PodNetwork,
  controlPlane: ControlPlaneAddress,
  secrets: string,
): Uint8Array {
  return encodeBootstrap({ secrets, admin: network.admin, controlPlane, identity: proxyIdentity(plan, network) })
}

function proxyIdentity(plan: PodPlan, network: PodNetwork): ProxyIdentity {
  return {
    type: plan.proxy?.type === 'router' ? 'router' : 'sidecar',
    pod: plan.name,
    namespace: plan.namespace,
    ip: network.ip,
    workload: plan.workload.name,
    serviceAccount: plan.serviceAccount,
    labels: plan.labels,
    annotations: plan.annotations,
    interception: network.interception,
  }
}

/** @param certificateSeconds life of certificates, where the mesh says it: files are read again several times in it */
export function grpcBootstrapOf(
  plan: PodPlan,
  network: PodNetwork,
  { xdsSocket, certificates }: PodFiles,
  certificateSeconds: number | undefined,
): string {
  const { id = '', cluster = '', metadata = {} } = nodeOf(proxyIdentity(plan, network))
  const node = { id, cluster, metadata }
  const often = certificateSeconds === undefined ? {} : { refreshSeconds: Math.max(1, Math.floor(certificateSeconds / 10)) }
  return grpcBootstrap({ node, server: `unix://${xdsSocket}`, certificates, ...often })
}
