/**
 * In which order containers stand: the network is prepared first, a native sidecar starts before all others, and an ordinary one stands last, so that
 * kubectl means the application.
 */
import { type Container, findContainer, INIT, type Pod, PROXY, VALIDATION, withContainers } from './pod.ts'

/** @param holds the application waits for the proxy, which therefore starts first */
export function orderContainers(pod: Pod, holds: boolean): Pod {
  const { containers, initContainers } = pod.spec
  const native = findContainer(PROXY, initContainers) !== undefined
  const ordered = native
    ? first(first(first(initContainers, PROXY), INIT), VALIDATION)
    : last(first(initContainers, VALIDATION), INIT)
  return withContainers(pod, holds ? first(containers, PROXY) : last(containers, PROXY), ordered)
}

function first(containers: readonly Container[] | undefined, name: string): readonly Container[] | undefined {
  return containers?.toSorted((a, b) => Number(b.name === name) - Number(a.name === name))
}

function last(containers: readonly Container[] | undefined, name: string): readonly Container[] | undefined {
  return containers?.toSorted((a, b) => Number(a.name === name) - Number(b.name === name))
}
