/** Takes back what an earlier injection added, so that injecting twice is the same as injecting once. */
import { type Fields, fieldsOf, isFields, listOf } from './fields.ts'
import { annotationsOf, type Container, type Pod, withAnnotations, withContainers } from './pod.ts'
import { prometheusNames } from './prometheus.ts'
import { STATUS_ANNOTATION } from './settings.ts'

const OVERRIDES_ANNOTATION = 'proxy.istio.io/overrides'

/** What injection added, by name; undefined: the pod was not injected. */
export interface PreviousInjection {
  readonly initContainers: readonly string[]
  readonly containers: readonly string[]
}

export function previousInjection(pod: Pod): PreviousInjection | undefined {
  const status = fromJson(annotationsOf(pod)[STATUS_ANNOTATION])
  if (status === undefined) return undefined
  const names = (field: string) => listOf(status[field]).filter(name => typeof name === 'string')
  return { initContainers: names('initContainers'), containers: names('containers') }
}

/** What the user's own container of the proxy said, before an earlier injection laid the template over it. */
export interface Overrides {
  readonly containers: readonly Fields[]
  readonly initContainers: readonly Fields[]
}

export function previousOverrides(pod: Pod): Overrides {
  const all = fromJson(annotationsOf(pod)[OVERRIDES_ANNOTATION]) ?? {}
  return {
    containers: listOf(all['containers']).filter(isFields),
    initContainers: listOf(all['initContainers']).filter(isFields),
  }
}

export function withOverrides(pod: Pod, text: string): Pod {
  return withAnnotations(pod, { [OVERRIDES_ANNOTATION]: text })
}

/** @param statusPort where merged metrics are: annotations that name it are ours */
export function withoutPrevious(pod: Pod, statusPort: string): Pod {
  const previous = previousInjection(pod)
  if (previous === undefined) return pod
  const { containers, initContainers } = pod.spec
  const without = (from: readonly Container[] | undefined, names: readonly string[]) =>
    from?.filter(({ name }) => !names.includes(name))
  const stripped = withContainers(
    pod,
    restored(without(containers, previous.containers), previousOverrides(pod).containers),
    without(initContainers, previous.initContainers),
  )
  const names = prometheusNames(pod)
  const ours = names.port !== undefined && annotationsOf(pod)[names.port] === statusPort
  const cleared = ours ? Object.values(names).filter(name => name !== undefined) : []
  return withAnnotations(stripped, {
    [STATUS_ANNOTATION]: undefined,
    ...Object.fromEntries(cleared.map(name => [name, undefined])),
  })
}

/** The user's own words stand in the annotation: their containers are part of the pod that templates look at. */
function restored(containers: readonly Container[] | undefined, overrides: readonly Fields[]): readonly Container[] | undefined {
  const missing = overrides.filter(each => !containers?.some(({ name }) => name === each['name']))
  if (missing.length === 0) return containers
  return [...(containers ?? []), ...missing.map(each => ({ ...each, name: String(each['name']) }))]
}

function fromJson(text: string | undefined): Fields | undefined {
  if (text === undefined) return undefined
  try {
    return fieldsOf(JSON.parse(text))
  } catch {
    return undefined
  }
}
