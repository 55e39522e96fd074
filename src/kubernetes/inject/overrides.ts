/**
 * A user's own container `istio-proxy` (or `istio-init`) says what should be otherwise than in the template: it is laid over the result once more,
 * and written down for the next injection. Image "auto" means the template's.
 */
import { type Fields, isFields } from './fields.ts'
import { goJson } from './go-json.ts'
import {
  allContainers,
  annotationsOf,
  asPod,
  type Container,
  findContainer,
  findProxy,
  INIT,
  type Pod,
  replaceContainer,
  VALIDATION,
  withContainers,
} from './pod.ts'
import { previousInjection, previousOverrides, withOverrides } from './previous.ts'
import { strategicMerge } from './strategic-merge.ts'

/** @param merged pod and templates, merged @param original as it came @param template what the templates alone made */
export function applyOverrides(merged: Pod, original: Pod, template: Pod, mode: string): Pod {
  const injected = previousInjection(original)
  const before = previousOverrides(original)
  const ownOf = (container: Container, earlier: readonly Fields[], skips: readonly string[]): Fields | undefined => {
    const said = earlier.find(({ name }) => name === container.name)
    if (said !== undefined) return said
    // What stands there was injected: the new template counts, not the old one.
    if (skips.includes(container.name)) return undefined
    return findContainer(container.name, allContainers(original))
  }
  const collect = (containers: readonly Container[] | undefined, earlier: readonly Fields[], skips: readonly string[] = []) =>
    (containers ?? []).flatMap(container => {
      const own = ownOf(container, earlier, skips)
      return own === undefined ? [] : [withoutAuto(own)]
    })
  const containers = collect(template.spec.containers, before.containers, injected?.containers)
  const initContainers = collect(
    template.spec.initContainers,
    [...before.initContainers, ...before.containers],
    injected?.initContainers,
  )
  const lay = (list: readonly Container[] | undefined, own: readonly Fields[]) =>
    own.length === 0 ? list : containersOf(strategicMerge({ containers: list ?? [] }, { containers: own }))
  const overridden = withContainers(
    merged,
    lay(merged.spec.containers, containers),
    lay(merged.spec.initContainers, initContainers),
  )
  const noted =
    injected === undefined && containers.length + initContainers.length > 0
      ? withOverrides(overridden, overridesText(containers, initContainers))
      : overridden
  return withSameUser(noted, original, mode)
}

function containersOf(fields: Fields): readonly Container[] {
  return asPod({ spec: fields }, 'the container istio-proxy of the pod').spec.containers ?? []
}

function withoutAuto(container: Fields): Fields {
  if (container['image'] !== 'auto') return container
  const { image: _, ...rest } = container
  return rest
}

/** As Kubernetes' types print a container: resources stand there even when nothing is said of them. */
function overridesText(containers: readonly Fields[], initContainers: readonly Fields[]): string {
  const printed = (list: readonly Fields[]) => list.map(each => ({ resources: {}, ...each }))
  return goJson({
    ...(containers.length > 0 && { containers: printed(containers) }),
    ...(initContainers.length > 0 && { initContainers: printed(initContainers) }),
  })
}

/** Who the proxy runs as must be who the rules of capture leave alone. */
function withSameUser(pod: Pod, original: Pod, mode: string): Pod {
  const own = findProxy(original)?.securityContext
  const { runAsUser, runAsGroup } = own ?? {}
  if (runAsUser === undefined && runAsGroup === undefined) return pod
  const tproxy = mode === 'TPROXY' || annotationsOf(pod)['sidecar.istio.io/interceptionMode'] === 'TPROXY'
  let result = pod
  if (tproxy && runAsUser !== undefined) {
    // Transparent sockets need root.
    const proxy = findProxy(pod)
    if (proxy)
      result = replaceContainer(result, proxy.name, each => ({
        ...each,
        securityContext: { ...each.securityContext, runAsUser: 0 },
      }))
  }
  const preparing = [INIT, VALIDATION].find(name => findContainer(name, result.spec.initContainers))
  if (preparing === undefined) return result
  return replaceContainer(result, preparing, container => ({
    ...container,
    ...(preparing === VALIDATION &&
      !tproxy && {
        securityContext: {
          ...(isFields(container.securityContext) ? container.securityContext : {}),
          ...(runAsUser !== undefined && { runAsUser }),
          ...(runAsGroup !== undefined && { runAsGroup }),
        },
      }),
    ...(runAsUser !== undefined && runAsUser !== 0 && container.args && { args: withUser(container.args, String(runAsUser)) }),
  }))
}

function withUser(args: readonly string[], user: string): string[] {
  const at = args.indexOf('-u')
  return at < 0 ? [...args] : args.map((argument, place) => (place === at + 1 ? user : argument))
}
