/**
 * What the status of a Gateway API object should become: what the compiler says, in the form of the API, with what others wrote kept (their conditions,
 * their parents and ancestors) and times kept where nothing changed. Pure.
 */
import { type Condition, type ListenerStatus, type ObjectStatus, WAYPOINTS } from '../../../compile/gateway-api/conditions.ts'
import { isOurs } from '../../../compile/gateway-api/controllers.ts'
import { at, isRecord, listAt, numberAt, textAt } from '../../../kubernetes/client/raw-object.ts'

export interface Moment {
  /** Of the spec that was compiled. */
  readonly generation: number
  /** RFC 3339. */
  readonly now: string
  /** Which controller's entries are replaced; undefined: those of all that mizzen serves. */
  readonly controller?: string | undefined
}

type Fields = Readonly<Record<string, unknown>>

/** Conditions that this controller writes; a type of these that is no longer said is taken away. */
const OWN_TYPES: ReadonlySet<string> = new Set([
  'Accepted',
  'Programmed',
  'ResolvedRefs',
  'Conflicted',
  'PartiallyInvalid',
  'InsecureFrontendValidationMode',
])

/** @param before as it stands in the cluster @returns the fields of the status that this controller answers for */
export function nextStatus(wanted: ObjectStatus, before: unknown, moment: Moment): Fields {
  const { conditions, supportedFeatures, addresses, listeners, attachedListenerSets, parents, ancestors, loadBalancer, object } =
    wanted
  return {
    ...(conditions && { conditions: nextConditions(conditions, listAt(before, 'conditions'), moment) }),
    ...(supportedFeatures && { supportedFeatures }),
    ...(loadBalancer && { loadBalancer }),
    ...(addresses && { addresses }),
    ...(attachedListenerSets !== undefined && { attachedListenerSets }),
    ...(listeners && {
      listeners: listeners.map(listener => nextListener(listener, object.kind, listAt(before, 'listeners'), moment)),
    }),
    ...(parents && { parents: nextEntries(parents, 'parentRef', listAt(before, 'parents'), moment) }),
    ...(ancestors && { ancestors: nextEntries(ancestors, 'ancestorRef', listAt(before, 'ancestors'), moment) }),
  }
}

/** Nobody of ours is named any more: what we said of it goes. @returns undefined when there is nothing of ours */
export function withoutOurs(field: 'parents' | 'ancestors', before: unknown, controller?: string): Fields | undefined {
  const entries = listAt(before, field)
  const others = entries.filter(entry => !isOurs(textAt(entry, 'controllerName'), controller))
  return others.length === entries.length ? undefined : { [field]: others }
}

/** Whether something newer than this was said already. */
export function isOutdated(before: unknown, { generation }: Moment): boolean {
  return listAt(before, 'conditions').some(condition => (numberAt(condition, 'observedGeneration') ?? 0) > generation)
}

function nextConditions(wanted: readonly Condition[], before: readonly unknown[], { generation, now }: Moment): Fields[] {
  const ours = wanted
    .filter(({ type }) => type !== WAYPOINTS)
    .map(({ type, status, reason, message }): Fields => {
      const last = before.find(condition => textAt(condition, 'type') === type)
      const since = textAt(last, 'status') === status ? textAt(last, 'lastTransitionTime') : ''
      return { type, status, reason, message, observedGeneration: generation, lastTransitionTime: since || now }
    })
  const foreign = before.filter(isRecord).filter(condition => !OWN_TYPES.has(textAt(condition, 'type')))
  return [...ours, ...foreign]
}

function nextListener(listener: ListenerStatus, kind: string, before: readonly unknown[], moment: Moment): Fields {
  const { name, port, supportedKinds, attachedRoutes, conditions } = listener
  const last = before.find(entry => textAt(entry, 'name') === name)
  return {
    name,
    // The experimental kind alone has it.
    ...(kind === 'XListenerSet' && { port }),
    supportedKinds,
    attachedRoutes,
    conditions: nextConditions(conditions, listAt(last, 'conditions'), moment),
  }
}

interface OwnEntry {
  readonly controllerName: string
  readonly conditions: readonly Condition[]
}

function nextEntries<Key extends 'parentRef' | 'ancestorRef'>(
  wanted: readonly (OwnEntry & { readonly [K in Key]: object })[],
  key: Key,
  before: readonly unknown[],
  moment: Moment,
): unknown[] {
  const isOwn = (entry: unknown) => isOurs(textAt(entry, 'controllerName'), moment.controller)
  const foreign = before.filter(entry => !isOwn(entry))
  const ours = wanted.map(entry => {
    const last = before.find(other => sameReference(at(other, key), entry[key]) && isOwn(other))
    const { controllerName, conditions } = entry
    return { [key]: entry[key], controllerName, conditions: nextConditions(conditions, listAt(last, 'conditions'), moment) }
  })
  return [...foreign, ...ours]
}

const REFERENCE = ['group', 'kind', 'namespace', 'name', 'sectionName', 'port'] as const

function sameReference(a: unknown, b: unknown): boolean {
  return REFERENCE.every(field => at(a, field) === at(b, field))
}
