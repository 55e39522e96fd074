/** Deployments and bare pods become what this machine runs. Pure; what cannot run is told with its place in the manifest. */
import { createHash } from 'node:crypto'
import path from 'node:path'
import type { Container } from '../../../api/kubernetes/pod/schema.ts'
import { resourceName } from '../../../api/object.ts'
import type { Service } from '../../../api/registry.ts'
import { isProxyless } from '../../../compile/workload.ts'
import { selects } from '../../../model/labels.ts'
import type { Diagnostic } from '../../../source/diagnostic.ts'
import type { Snapshot } from '../../../source/store.ts'
import { commandOf } from './command.ts'
import type { ContainerPlan, ContainerPort, Engine, PodTemplate, WorkloadPlan } from './pod-plan.ts'
import { invalidCommand, noCommand, unknownEngine } from './problems.ts'
import { type References, referencesOf, referredValues } from './references.ts'
import { engineOf, isGatewayPod, isInjected } from './sidecar-wanted.ts'
import { deploymentTemplate, podTemplate, type Template } from './template.ts'

export interface PlanOptions {
  /** Of pods that name none. */
  readonly engine: Engine
  /** The directory that files in origins are relative to. */
  readonly cwd: string
}

export interface Plan {
  readonly workloads: readonly WorkloadPlan[]
  /** Workloads ("Deployment shop/cart") that cannot run as they stand: whatever runs of them goes on. */
  readonly unsound: ReadonlySet<string>
  /** Why they cannot. */
  readonly diagnostics: readonly Diagnostic[]
}

export const WORKDIR_ANNOTATION = 'mizzen.dev/workdir'
const DEFAULT_GRACE_SECONDS = 30

export function planWorkloads(objects: Snapshot['objects'], options: PlanOptions): Plan {
  const diagnostics: Diagnostic[] = []
  const templates = [...objects.Deployment.map(deploymentTemplate), ...objects.Pod.map(podTemplate)]
  const unsound = new Set<string>()
  const workloads = templates.flatMap(template => {
    const pod = planPod(template, objects, options, diagnostics)
    const key = resourceName(template.object)
    if (!pod) unsound.add(key)
    const overlaps = pod?.workload.kind === 'Deployment' && pod.proxy?.type !== 'router'
    return pod ? [{ key, replicas: template.replicas, overlaps, pod }] : []
  })
  return { workloads, unsound, diagnostics }
}

/** Undefined: it cannot run as it stands, which `diagnostics` then says. */
function planPod(
  template: Template,
  objects: Snapshot['objects'],
  options: PlanOptions,
  diagnostics: Diagnostic[],
): PodTemplate | undefined {
  const { object, labels, annotations, spec } = template
  const { namespace } = object
  const engine = engineOf(annotations, options.engine)
  if (engine === undefined) {
    diagnostics.push(unknownEngine(template))
    return undefined
  }
  const isRouter = isGatewayPod(annotations)
  const isMember =
    isRouter ||
    isInjected(
      labels,
      annotations,
      objects.Namespace.find(({ name }) => name === namespace),
    )
  const references = referencesOf(objects, namespace)
  const servicePorts = targetedPorts(objects.Service, namespace, labels)
  const containers = isRouter ? [] : plansOf('containers', template, servicePorts, options, diagnostics)
  const initContainers = isRouter ? [] : plansOf('initContainers', template, [], options, diagnostics)
  if (!containers || !initContainers) return undefined
  const numbers = containers.flatMap(({ ports }) => ports.map(({ number }) => number))
  const plan = {
    namespace,
    labels,
    annotations,
    serviceAccount: spec.serviceAccountName ?? 'default',
    proxy: isMember ? { type: proxyType(annotations), engine } : undefined,
    initContainers,
    containers,
    ports: [...new Set([...numbers, ...servicePorts])].sort((a, b) => a - b),
    graceMs: (spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS) * 1000,
  }
  const fingerprint = fingerprintOf(plan, [...initContainers, ...containers], references)
  return { ...plan, workload: { kind: object.kind, name: object.name }, origin: object.origin, fingerprint }
}

function proxyType(annotations: Template['annotations']): 'sidecar' | 'router' | 'grpc' {
  if (isGatewayPod(annotations)) return 'router'
  return isProxyless(annotations) ? 'grpc' : 'sidecar'
}

/** @returns undefined when one of them cannot run, which `diagnostics` then says */
function plansOf(
  list: 'containers' | 'initContainers',
  template: Template,
  servicePorts: readonly number[],
  options: PlanOptions,
  diagnostics: Diagnostic[],
): ContainerPlan[] | undefined {
  const plans: ContainerPlan[] = []
  let sound = true
  for (const [index, container] of (template.spec[list] ?? []).entries()) {
    const isFirst = list === 'containers' && index === 0
    const command = commandOf(container, isFirst, template.annotations)
    if (command.kind === 'argv') {
      plans.push(containerPlan(container, command.argv, isFirst ? servicePorts : [], template, options))
      continue
    }
    sound = false
    diagnostics.push(
      command.kind === 'unknown'
        ? noCommand(template, [...template.at, 'spec', list, index], container, isFirst)
        : invalidCommand(template, command.annotation, command.reason),
    )
  }
  return sound ? plans : undefined
}

function containerPlan(
  container: Container,
  argv: readonly string[],
  servicePorts: readonly number[],
  template: Template,
  options: PlanOptions,
): ContainerPlan {
  const declared = (container.ports ?? [])
    .filter(({ protocol = 'TCP' }) => protocol === 'TCP')
    .map(({ name, containerPort }): ContainerPort => ({ name, number: containerPort }))
  return {
    name: container.name,
    argv,
    workdir: workdirOf(container, template, options.cwd),
    env: { env: container.env, envFrom: container.envFrom },
    // Declaring ports is optional in Kubernetes: what Services target and nobody declares belongs to the first container.
    ports: [...declared, ...undeclared(servicePorts, template)],
    startupProbe: container.startupProbe,
    readinessProbe: container.readinessProbe,
    livenessProbe: container.livenessProbe,
  }
}

function undeclared(servicePorts: readonly number[], { spec }: Template): ContainerPort[] {
  const declared = new Set(spec.containers?.flatMap(({ ports = [] }) => ports.map(({ containerPort }) => containerPort)))
  return servicePorts.filter(number => !declared.has(number)).map(number => ({ name: undefined, number }))
}

/** The annotation, else the container's own; relative to the manifest's directory, as the paths in it are. */
function workdirOf({ workingDir = '.' }: Container, { object, annotations }: Template, cwd: string): string {
  return path.resolve(cwd, path.dirname(object.origin.file), annotations[WORKDIR_ANNOTATION] ?? workingDir)
}

/** Numeric TCP target ports of the Services that select the pod, in their order. */
function targetedPorts(services: readonly Service[], namespace: string, labels: Readonly<Record<string, string>>): number[] {
  const targets = services
    .filter(service => service.namespace === namespace && selects(service.spec.selector ?? {}, labels))
    .flatMap(({ spec }) => spec.ports ?? [])
    .filter(({ protocol = 'TCP' }) => protocol === 'TCP')
    .map(({ port, targetPort = port }) => targetPort)
  return [...new Set(targets.filter(target => typeof target === 'number'))]
}

function fingerprintOf(plan: unknown, containers: readonly ContainerPlan[], references: References): string {
  const referred = containers.map(({ env }) => referredValues(env, references))
  return createHash('sha256')
    .update(JSON.stringify([plan, referred]))
    .digest('base64')
}
