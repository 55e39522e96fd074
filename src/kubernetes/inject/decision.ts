/** Whether a pod gets a proxy, and why: the rules of the webhook's selectors and of the pod itself, in Istio's order. */

import { listOf } from './fields.ts'
import { annotationsOf, labelsOf, type Pod } from './pod.ts'
import { selects } from './selector.ts'
import { INJECT_LABEL, INJECT_NAMESPACE_LABEL, type InjectionSettings, type NamespaceFacts, REVISION_LABEL } from './settings.ts'

export interface Decision {
  readonly inject: boolean
  /** A part of a sentence: "it uses the host's network". */
  readonly reason: string
}

/** Where nothing of a mesh belongs. */
const SYSTEM_NAMESPACES: ReadonlySet<string> = new Set(['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage'])

/**
 * What the pod says of itself; for the webhook, whose selectors have looked at namespaces and revisions already, and for a file, where
 * the user asked for injection.
 */
export function decideForPod(pod: Pod, namespace: string, { values }: Pick<InjectionSettings, 'values'>): Decision {
  if (pod.spec.hostNetwork === true) return no('has host networking enabled')
  if (SYSTEM_NAMESPACES.has(namespace)) return no(`is in the namespace ${namespace} of Kubernetes itself`)
  const labels = labelsOf(pod)
  const said = labels[INJECT_LABEL] ?? annotationsOf(pod)[INJECT_LABEL] ?? ''
  if (/^(y|yes|true|on)$/i.test(said)) return yes(`${INJECT_LABEL} is "${said}"`)
  if (said !== '') return no(`has sidecar injection disabled: ${INJECT_LABEL} is "${said}"`)
  const webhook = 'sidecarInjectorWebhook'
  const never = listOf(values.at(`${webhook}.neverInjectSelector`)).findIndex(each => selects(each, labels))
  if (never >= 0) return no(`matches ${webhook}.neverInjectSelector[${never}]`)
  const always = listOf(values.at(`${webhook}.alwaysInjectSelector`)).findIndex(each => selects(each, labels))
  if (always >= 0) return yes(`matches ${webhook}.alwaysInjectSelector[${always}]`)
  return yes('its namespace is injected')
}

/**
 * What the webhook's selectors say: whether this control plane's revision is meant at all. For `mizzen analyze`-like questions and for a webhook
 * whose selectors are wider than its revision.
 */
export function decideForNamespace(
  pod: Pod,
  { labels = {} }: NamespaceFacts,
  { values, revision = 'default' }: Pick<InjectionSettings, 'values' | 'revision'>,
): Decision {
  const own = labelsOf(pod)
  const injection = labels[INJECT_NAMESPACE_LABEL]
  const wanted = labels[REVISION_LABEL]
  const podRevision = own[REVISION_LABEL]
  if (injection === 'disabled') return no(`its namespace has ${INJECT_NAMESPACE_LABEL}=disabled`)
  if (injection === 'enabled')
    return revision === 'default'
      ? yes(`its namespace has ${INJECT_NAMESPACE_LABEL}=enabled`)
      : no(`its namespace has ${INJECT_NAMESPACE_LABEL}=enabled, which means the revision default`)
  if (wanted !== undefined) return sameRevision('its namespace', wanted, revision)
  if (podRevision !== undefined) return sameRevision('it', podRevision, revision)
  if (revision === 'default' && own[INJECT_LABEL] === 'true') return yes(`it has the label ${INJECT_LABEL}=true`)
  if (revision === 'default' && values.flag('sidecarInjectorWebhook.enableNamespacesByDefault'))
    return yes('all namespaces are injected (enableNamespacesByDefault)')
  return no(`neither its namespace nor it has ${INJECT_NAMESPACE_LABEL} or ${REVISION_LABEL}`)
}

function sameRevision(who: string, wanted: string, revision: string): Decision {
  return wanted === revision
    ? yes(`${who} has ${REVISION_LABEL}=${wanted}`)
    : no(`${who} has ${REVISION_LABEL}=${wanted}, not ${revision}`)
}

function yes(reason: string): Decision {
  return { inject: true, reason }
}

function no(reason: string): Decision {
  return { inject: false, reason }
}
