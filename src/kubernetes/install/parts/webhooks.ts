/**
 * What the API server asks the control plane about: pods that may need a sidecar, and configuration before it is stored. The selectors are
 * Istio's, so that labels of namespaces and pods mean the same; pods that none of them choose never wait for mizzen.
 */
import { WEBHOOK_PATHS } from '../../control-plane-needs.ts'
import type { Manifest } from '../manifest.ts'
import type { Names } from '../names.ts'
import type { Settings } from '../settings.ts'

interface Requirement {
  readonly key: string
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
  readonly values?: readonly string[]
}

const INJECTION = 'istio-injection'
const REVISION = 'istio.io/rev'
const INJECT = 'sidecar.istio.io/inject'

const isIn = (key: string, ...values: string[]): Requirement => ({ key, operator: 'In', values })
const isNotIn = (key: string, ...values: string[]): Requirement => ({ key, operator: 'NotIn', values })
const absent = (key: string): Requirement => ({ key, operator: 'DoesNotExist' })

export interface Webhook {
  readonly name: string
  readonly namespaces: readonly Requirement[]
  readonly pods: readonly Requirement[]
}

/** @param revision as labels name it, or a tag @param isDefault whether `istio-injection: enabled` means this one */
export function injectionWebhooks(revision: string, isDefault: boolean, everywhere: boolean): Webhook[] {
  const webhooks: Webhook[] = [
    {
      name: 'rev.namespace.sidecar-injector.istio.io',
      namespaces: [isIn(REVISION, revision), absent(INJECTION)],
      pods: [isNotIn(INJECT, 'false')],
    },
    {
      name: 'rev.object.sidecar-injector.istio.io',
      namespaces: [absent(REVISION), absent(INJECTION)],
      pods: [isNotIn(INJECT, 'false'), isIn(REVISION, revision)],
    },
  ]
  if (isDefault) {
    webhooks.push(
      {
        name: 'namespace.sidecar-injector.istio.io',
        namespaces: [isIn(INJECTION, 'enabled')],
        pods: [isNotIn(INJECT, 'false')],
      },
      {
        name: 'object.sidecar-injector.istio.io',
        namespaces: [absent(INJECTION), absent(REVISION)],
        pods: [isIn(INJECT, 'true'), absent(REVISION)],
      },
    )
    if (everywhere)
      webhooks.push({
        name: 'auto.sidecar-injector.istio.io',
        namespaces: [absent(INJECTION), absent(REVISION), isNotIn('kubernetes.io/metadata.name', 'kube-system', 'kube-public')],
        pods: [absent(INJECT), absent(REVISION)],
      })
  }
  return webhooks
}

export interface Injector {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly service: { readonly name: string; readonly namespace: string }
  readonly webhooks: readonly Webhook[]
  readonly failurePolicy: string
  readonly reinvocationPolicy: string
  /** Base64 of the certificate that the control plane is known by; undefined: it writes that itself. */
  readonly caBundle?: string | undefined
}

export function injectorConfiguration(injector: Injector): Manifest {
  const { name, labels, service, webhooks, failurePolicy, reinvocationPolicy, caBundle } = injector
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name, labels: { ...labels, app: 'sidecar-injector' } },
    webhooks: webhooks.map(webhook => ({
      name: webhook.name,
      clientConfig: {
        service: { ...service, path: WEBHOOK_PATHS.inject, port: 443 },
        ...(caBundle !== undefined && { caBundle }),
      },
      rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], scope: '*' }],
      namespaceSelector: { matchExpressions: webhook.namespaces },
      objectSelector: { matchExpressions: webhook.pods },
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      failurePolicy,
      reinvocationPolicy,
      timeoutSeconds: 10,
    })),
  }
}

/** Not the Gateway API: it is everybody's, and its own rules judge it. */
const VALIDATED = ['networking.istio.io', 'security.istio.io', 'telemetry.istio.io', 'extensions.istio.io', 'mizzen.dev']

export function webhooks(settings: Settings, names: Names): Manifest[] {
  const { sidecarInjectorWebhook: injector, base } = settings
  const service = { name: names.service, namespace: names.namespace }
  const validation = (name: string, objects: readonly Requirement[]) => ({
    name,
    clientConfig: { service: { ...service, path: WEBHOOK_PATHS.validate, port: 443 } },
    rules: [{ operations: ['CREATE', 'UPDATE'], apiGroups: VALIDATED, apiVersions: ['*'], resources: ['*'], scope: '*' }],
    objectSelector: { matchExpressions: objects },
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    failurePolicy: base.validationFailurePolicy,
    timeoutSeconds: 10,
  })
  return [
    injectorConfiguration({
      name: names.injectorWebhook,
      labels: names.labels,
      service,
      webhooks: injectionWebhooks(names.revision, settings.revision === '', injector.enableNamespacesByDefault),
      failurePolicy: injector.failurePolicy,
      reinvocationPolicy: injector.reinvocationPolicy,
    }),
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: names.validatorWebhook, labels: { ...names.labels, app: 'istiod', istio: 'istiod' } },
      // Each revision judges what is meant for it; what names none is the default's.
      webhooks: [
        validation('rev.validation.istio.io', [isIn(REVISION, names.revision)]),
        ...(settings.revision === '' ? [validation('validation.istio.io', [absent(REVISION)])] : []),
      ],
    },
  ]
}
