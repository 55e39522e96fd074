/**
 * What a policy is for: workloads by label, or objects by reference (type.istio.io WorkloadSelector and PolicyTargetReference). The rules
 * of the CRDs stand beside the fields as CEL, those of admission in checkPolicyTarget().
 */
import { type Static, Type } from 'typebox'
import type { Findings } from '../findings.ts'
import { mapOf, message } from '../schema/message.ts'

const LABEL_MAP = {
  maxProperties: 4096,
  description: 'labels that the pod must have, all of them',
  'x-kubernetes-validations': [
    { rule: "self.all(key, !key.contains('*'))", message: 'wildcard not allowed in label key match' },
    { rule: 'self.all(key, key.size() != 0)', message: 'key must not be empty' },
  ],
}
const LABEL_VALUE = {
  maxLength: 63,
  'x-kubernetes-validations': [{ rule: "!self.contains('*')", message: 'wildcard not allowed in label value match' }],
}

export const WorkloadSelector = message(
  { matchLabels: mapOf(Type.String(LABEL_VALUE), LABEL_MAP) },
  {},
  { description: 'workloads of the own namespace; from the root namespace, of all namespaces' },
)
export type WorkloadSelector = Static<typeof WorkloadSelector>

const DNS = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'

export const PolicyTargetReference = message(
  {
    group: Type.String({ maxLength: 253, pattern: `^$|^${DNS}(\\.${DNS})*$`, description: "'' or core for Kubernetes' own" }),
    namespace: Type.String({
      description: 'must be empty: targets are in the own namespace',
      'x-kubernetes-validations': [
        { rule: 'self.size() == 0', message: 'cross namespace referencing is not currently supported' },
      ],
    }),
  },
  {
    kind: Type.String({ minLength: 1, maxLength: 63, pattern: '^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$' }),
    name: Type.String({ minLength: 1, maxLength: 253 }),
  },
  {
    'x-kubernetes-validations': [
      {
        rule: "[has(self.group) ? self.group : '', self.kind] in [['core','Service'], ['','Service'], ['gateway.networking.k8s.io','Gateway'], ['gateway.networking.k8s.io','GatewayClass'], ['networking.istio.io','ServiceEntry']]",
        message:
          'Support kinds are core/Service, networking.istio.io/ServiceEntry, gateway.networking.k8s.io/Gateway, gateway.networking.k8s.io/GatewayClass',
      },
    ],
  },
)
export type PolicyTargetReference = Static<typeof PolicyTargetReference>

/** The three fields of which a policy has at most one. */
export const policyTargetFields = {
  selector: WorkloadSelector,
  targetRef: PolicyTargetReference,
  targetRefs: Type.Array(PolicyTargetReference, {
    maxItems: 16,
    description: 'Gateways, Services or ServiceEntries of the own namespace',
  }),
}

export const ONE_TARGET = {
  rule: '(has(self.selector)?1:0)+(has(self.targetRef)?1:0)+(has(self.targetRefs)?1:0)<=1',
  message: 'only one of targetRefs or selector can be set',
}

export interface PolicyTarget {
  readonly selector?: WorkloadSelector
  readonly targetRef?: PolicyTargetReference
  readonly targetRefs?: readonly PolicyTargetReference[]
}

const KINDS = new Set([
  '/Service',
  'core/Service',
  'gateway.networking.k8s.io/Gateway',
  'gateway.networking.k8s.io/GatewayClass',
  'networking.istio.io/ServiceEntry',
])

/** @param findings at `spec` */
export function checkPolicyTarget(spec: PolicyTarget, findings: Findings): void {
  const { selector, targetRef, targetRefs = [] } = spec
  const given = [selector && 'selector', targetRef && 'targetRef', targetRefs.length > 0 && 'targetRefs'].filter(Boolean)
  if (given.length > 1) findings.error(`${given.join(' and ')} are both there: expected one of them`)
  checkWorkloadSelector(selector, findings.at('selector'))
  if (targetRef) checkReference(targetRef, findings.at('targetRef'))
  for (const [index, reference] of targetRefs.entries()) checkReference(reference, findings.at('targetRefs', index))
}

/** @param findings at the selector */
export function checkWorkloadSelector(selector: WorkloadSelector | undefined, findings: Findings): void {
  if (!selector) return
  const labels = Object.entries(selector.matchLabels ?? {})
  if (labels.length === 0) findings.warning('the selector has no labels and so selects every workload of the namespace')
  for (const [key, value] of labels) {
    const at = findings.at('matchLabels', key)
    if (key === '') at.error('a label has no name: expected one such as "app"')
    if (`${key}${value}`.includes('*')) at.error(`"${key}: ${value}" has a wildcard: expected a label's name and its whole value`)
  }
}

function checkReference({ group = '', kind, name, namespace }: PolicyTargetReference, findings: Findings): void {
  if (namespace)
    findings
      .at('namespace')
      .error(`"${namespace}" is not looked into: expected a target of the own namespace, and no namespace here`)
  if (name === '') findings.at('name').error('it names nothing: expected the name of an object')
  if (KINDS.has(`${group}/${kind}`)) return
  findings.error(
    `${kind} of "${group}" cannot be a target: expected a Gateway or GatewayClass of gateway.networking.k8s.io, a Service, or a ServiceEntry of networking.istio.io`,
  )
}
