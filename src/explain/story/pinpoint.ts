/**
 * The line to change: where a proxy's diagnosis names an object or a rule, the control plane knows the mesh and the text and finds the very
 * field, and what else it clashes with. Pure.
 */
import { resourceName } from '../../api/object.ts'
import type { AnyObject } from '../../api/registry.ts'
import type { Objects } from '../../compile/objects.ts'
import { hostsMatch } from '../../model/host.ts'
import type { Mesh } from '../../model/mesh.ts'
import { peerModes } from '../../model/peer-policy.ts'
import type { Service } from '../../model/service.ts'
import { trafficRuleFor } from '../../model/traffic-rule-lookup.ts'
import type { Diagnosis } from '../../proxy/telemetry/diagnosis.ts'
import type { PodStory } from './pod-story.ts'

export interface Blame {
  readonly culprit: Diagnosis['culprit']
  /** Without a place, without a full stop. */
  readonly cause: string
  readonly advice: string
  /** The line to change; undefined: nothing that is configured is to blame. */
  readonly at: BlamedPlace | undefined
  /** What it clashes with. */
  readonly also: readonly BlamedPlace[]
}

export interface BlamedPlace {
  /** "VirtualService shop/catalog" */
  readonly object: string
  /** "http[1].timeout" */
  readonly field: string
  readonly file: string
  /** 0: not known. */
  readonly line: number
}

interface Context {
  readonly mesh: Mesh
  readonly objects: Objects
  readonly told: PodStory
}

/** "the application" has a name here, and within the mesh a short name is enough. */
function inShort(cause: string, { workload }: PodStory): string {
  return cause
    .replace(/^the application\b/, workload.slice(workload.indexOf('/') + 1))
    .replace(/\b([a-z0-9-]+)\.[a-z0-9-]+\.svc\.[a-z0-9.-]*[a-z0-9]/g, '$1')
}

type Finder = (context: Context) => Partial<Blame> | undefined

/** @returns undefined: the request did not fail */
export function pinpoint(told: PodStory, mesh: Mesh, objects: Objects): Blame | undefined {
  const { diagnosis } = told.story
  if (!diagnosis) return undefined
  const { culprit, cause, advice, at } = diagnosis
  const plain: Blame = {
    culprit,
    cause: inShort(cause, told),
    advice,
    at: at && placeIn(objects, at.origin, at.rule, '', { file: at.file, line: at.line }),
    also: [],
  }
  const found = FINDERS.map(find => find({ mesh, objects, told })).find(each => each !== undefined)
  return found ? { ...plain, ...found } : plain
}

const FINDERS: readonly Finder[] = [timeout, emptySubset, plaintextClash, deadEndpoint]

/** The timeout that was too short, or that of a single try. */
function timeout({ objects, told: { story } }: Context): Partial<Blame> | undefined {
  const origin = story.route?.origin
  if (!story.flags.includes('UT') || !origin) return undefined
  const field = story.details.startsWith('upstream_per_try') ? 'retries.perTryTimeout' : 'timeout'
  return { at: placeIn(objects, origin.origin, origin.rule, field, origin) }
}

/** The weight that sends requests to a subset which no pod carries, or which no rule declares. */
function emptySubset({ mesh, objects, told: { story } }: Context): Partial<Blame> | undefined {
  const isEmpty = story.flags.includes('UH') && (story.pick?.hosts ?? 0) === 0
  const [, , subset = '', host = ''] = story.cluster?.split('|') ?? []
  const origin = story.route?.origin
  if (!(isEmpty || story.flags.includes('NC')) || subset === '' || !origin) return undefined
  const rule = mesh.routes
    .flatMap(set => set.http)
    .find(each => each.origin.object === origin.origin && each.origin.rule === origin.rule)
  const destinations = rule?.action.kind === 'forward' ? rule.action.destinations : []
  const index = destinations.findIndex(each => each.subset === subset && each.host === host)
  const weight = destinations[index]?.weight ?? 0
  const total = destinations.reduce((sum, each) => sum + each.weight, 0)
  if (index < 0 || destinations.length < 2) return undefined
  const share = Math.round((100 * weight) / Math.max(1, total))
  const why = isEmpty ? 'where no pod is ready' : 'which no DestinationRule declares'
  return {
    culprit: 'mesh configuration',
    cause: `the weight ${weight} sends ${share} % of the requests to subset ${subset} of ${host.split('.')[0]}, ${why}`,
    advice: `take the weight off subset ${subset}, or start pods that carry its labels`,
    at: placeIn(objects, origin.origin, origin.rule, `route[${index}].weight`, origin),
    also: story.clusterOrigin
      ? [placeIn(objects, story.clusterOrigin.origin, story.clusterOrigin.rule, '', story.clusterOrigin)]
      : [],
  }
}

/** The client sends plaintext where the server takes mutual TLS only. */
function plaintextClash(context: Context): Partial<Blame> | undefined {
  const { mesh, objects, told } = context
  const { story, workload } = told
  const service = serviceOf(mesh, story.service)
  if (story.side !== 'outbound' || !service || story.pick?.secure === true) return undefined
  if (!story.flags.some(flag => flag === 'UC' || flag === 'UF' || flag === 'UR')) return undefined
  const server = [...mesh.workloads.values()].find(pod => isBehind(mesh, service, pod.name, pod.namespace))
  if (!server) return undefined
  const modes = peerModes(mesh.peerPolicies, mesh.settings.rootNamespace, server)
  if (modes.mode !== 'strict') return undefined
  const [namespace = '', name = ''] = workload.split('/')
  const client = [...mesh.workloads.values()].find(pod => pod.namespace === namespace && pod.workloadName === name)
  const rule = trafficRuleFor(mesh, client ?? { namespace, labels: {} }, service)
  const strict = placeIn(objects, modes.origin.object, modes.origin.rule, 'mtls.mode', modes.origin)
  const whose = `${service.name} takes mutual TLS only`
  if (rule?.policy?.tls?.mode !== 'disable')
    return {
      culprit: 'mesh configuration',
      cause: `${whose}, and ${name} calls it in plaintext`,
      advice: 'give the caller a sidecar, or let the PeerAuthentication be PERMISSIVE',
      at: strict,
      also: [],
    }
  return {
    culprit: 'mesh configuration',
    cause: `${whose} (STRICT), and a DestinationRule makes its clients send plaintext (DISABLE)`,
    advice: 'remove tls mode DISABLE from the DestinationRule, or let the PeerAuthentication be PERMISSIVE',
    at: placeIn(objects, rule.origin.object, '', 'trafficPolicy.tls.mode', rule.origin),
    also: [strict],
  }
}

/** An address that somebody wrote down, where nothing listens. */
function deadEndpoint({ mesh, objects, told: { story } }: Context): Partial<Blame> | undefined {
  const service = serviceOf(mesh, story.service)
  const address = story.destination?.address ?? ''
  if (!story.flags.includes('UF') || story.side !== 'outbound' || !service || address === '') return undefined
  const host = address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '')
  for (const entry of objects.ServiceEntry) {
    if (!entry.spec.hosts?.some(name => hostsMatch(name, service.hostname))) continue
    const index = (entry.spec.endpoints ?? []).findIndex(each => each.address === host)
    if (index < 0) continue
    const { line } = entry.origin.lineAt(['spec', 'endpoints', index, 'address'])
    return {
      culprit: 'mesh configuration',
      cause: `nothing listens on ${address}, an endpoint of ${service.hostname}`,
      advice: 'start it, correct its address, or take it off the list',
      at: { object: resourceName(entry), field: `endpoints[${index}].address`, file: entry.origin.file, line },
      also: [],
    }
  }
  return undefined
}

function serviceOf(mesh: Mesh, host: string | undefined): Service | undefined {
  return host === undefined ? undefined : mesh.services.find(({ hostname }) => hostname === host)
}

function isBehind(mesh: Mesh, service: Service, name: string, namespace: string): boolean {
  const endpoints = mesh.endpoints.get(`${service.namespace}/${service.hostname}`)
  return [...(endpoints?.values() ?? [])].flat().some(({ workload }) => workload === `${namespace}/${name}`)
}

/** The place of a field, as far as it is written; else of the rule, else of the object. */
function placeIn(
  objects: Objects,
  object: string,
  rule: string,
  field: string,
  otherwise: { readonly file: string; readonly line: number },
): BlamedPlace {
  const name = [rule, field].filter(part => part !== '').join('.')
  const found = objectNamed(objects, object)
  if (!found) return { object, field: name, file: otherwise.file, line: otherwise.line }
  const path = ['spec', ...pathOf(name)]
  return { object, field: name, file: found.origin.file, line: name === '' ? found.origin.line : found.origin.lineAt(path).line }
}

/** "VirtualService shop/catalog" */
function objectNamed(objects: Objects, name: string): AnyObject | undefined {
  const lists: readonly (readonly AnyObject[])[] = Object.values(objects)
  for (const list of lists) for (const object of list) if (resourceName(object) === name) return object
  return undefined
}

/** "http[1].retries.perTryTimeout" -> ["http", 1, "retries", "perTryTimeout"] */
function pathOf(text: string): (string | number)[] {
  return [...text.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([part, index]) => (index === undefined ? part : Number(index)))
}

/** One sentence: cause, place, advice. */
export function blameText({ cause, at, advice, also }: Blame): string {
  const where = at && at.file !== '' ? ` (${placeText(at)})` : ''
  const clash = also.filter(place => place.file !== '').map(placeText)
  const first = `${cause.slice(0, 1).toUpperCase()}${cause.slice(1)}${where}`
  return `${first}: ${advice}${clash.length > 0 ? `; see also ${clash.join(', ')}` : ''}.`
}

/** "catalog.yaml:116 VirtualService shop/catalog http[1].route[0].weight" */
export function placeText({ file, line, object, field }: BlamedPlace): string {
  return `${file}${line > 0 ? `:${line}` : ''} ${object}${field === '' ? '' : ` ${field}`}`
}
