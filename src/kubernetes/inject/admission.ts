/**
 * The mutating webhook as a pure function: an AdmissionReview (admission.k8s.io/v1) for a new pod in, the review with the answer out. Whoever serves
 * HTTPS calls `reviewPod` with what the API server posted, and sends back what it returns as JSON.
 */
import { type Fields, fieldsOf, isFields, textOf } from './fields.ts'
import { injectPod } from './inject.ts'
import { jsonPatch } from './json-patch.ts'
import { asPod, InjectionError } from './pod.ts'
import type { InjectionSettings, NamespaceFacts } from './settings.ts'

export interface ReviewContext {
  readonly settings: InjectionSettings
  /** Labels and annotations of a namespace, as the control plane knows them; a name alone where it does not. */
  readonly namespaceOf: (name: string) => NamespaceFacts
  /** Path of the request: /inject/cluster/NAME/net/NAME gives the proxies cluster and network. @default '/inject' */
  readonly path?: string
}

export interface ReviewAnswer {
  readonly apiVersion: string
  readonly kind: 'AdmissionReview'
  readonly response: {
    readonly uid: string
    readonly allowed: boolean
    readonly patchType?: 'JSONPatch'
    /** Base64 of the JSON Patch. */
    readonly patch?: string
    readonly status?: { readonly code: number; readonly message: string }
    readonly warnings?: readonly string[]
  }
}

/** For metrics and log: what became of the pod. */
export interface Review {
  readonly answer: ReviewAnswer
  readonly outcome: 'injected' | 'skipped' | 'failed'
  /** One sentence. */
  readonly message: string
}

/**
 * @param body the AdmissionReview, parsed. Never throws: what cannot be injected is refused with the reason, which the API server shows to the user
 * (failurePolicy only says what happens when no answer comes).
 */
export function reviewPod(body: unknown, { settings, namespaceOf, path = '/inject' }: ReviewContext): Review {
  const review = fieldsOf(body)
  const request = fieldsOf(review['request'])
  const frame = (response: Omit<ReviewAnswer['response'], 'uid'>): ReviewAnswer => ({
    apiVersion: textOf(review['apiVersion']) || 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid: textOf(request['uid']), ...response },
  })
  const { object } = request
  if (!isFields(object)) {
    const message = 'Cannot inject: the review has no object, expected an AdmissionReview with a pod'
    return { outcome: 'failed', message, answer: frame({ allowed: false, status: { code: 400, message } }) }
  }
  const namespace = textOf(request['namespace']) || textOf(fieldsOf(object['metadata'])['namespace']) || 'default'
  const name = nameOf(object)
  try {
    const environment = { ...settings.proxyEnvironment, ...environmentOf(path) }
    const pod = asPod(object, `pod "${name}"`)
    const result = injectPod({ pod, namespace: namespaceOf(namespace), settings: { ...settings, proxyEnvironment: environment } })
    if (result.kind === 'skipped')
      return { outcome: 'skipped', message: `pod ${namespace}/${name} ${result.reason}`, answer: frame({ allowed: true }) }
    const patch = Buffer.from(JSON.stringify(jsonPatch(object, result.pod))).toString('base64')
    return {
      outcome: 'injected',
      message: `pod ${namespace}/${name} got a proxy`,
      answer: frame({ allowed: true, patchType: 'JSONPatch', patch }),
    }
  } catch (error) {
    const known = error instanceof InjectionError
    const message = known ? error.message : `Cannot inject: ${error instanceof Error ? error.message : String(error)}`
    return { outcome: 'failed', message, answer: frame({ allowed: false, status: { code: known ? 400 : 500, message } }) }
  }
}

function nameOf(object: Fields): string {
  const { name, generateName } = fieldsOf(object['metadata'])
  return textOf(name) || textOf(generateName)
}

const VARIABLES: Readonly<Record<string, string>> = { cluster: 'ISTIO_META_CLUSTER_ID', net: 'ISTIO_META_NETWORK' }

/** Of "/inject/cluster/west/net/one"; a slash in a name is written "--slash--". */
function environmentOf(path: string): Readonly<Record<string, string>> {
  const [, ...steps] = path.replace(/^\//, '').split('/')
  const environment: Record<string, string> = {}
  for (let at = 0; at + 1 < steps.length; at += 2) {
    const name = steps[at] ?? ''
    environment[Object.hasOwn(VARIABLES, name) ? (VARIABLES[name] ?? name) : name] = (steps[at + 1] ?? '').replaceAll(
      '--slash--',
      '/',
    )
  }
  return environment
}
