/** What is mounted into the proxy: its token, the roots of the mesh, the pod's own labels, and places to write. */
import { parse } from 'yaml'
import { type Fields, fieldsOf, isFields } from '../fields.ts'
import { annotationsOf, InjectionError } from '../pod.ts'
import type { TemplateInput } from './input.ts'

export interface VolumeOptions {
  /** Certificates that have been revoked, from a ConfigMap. */
  readonly revocations: boolean
  /** Name of the volume at /etc/istio/proxy. */
  readonly channel: 'istio-envoy' | 'istio-xds'
}

const TOKEN_SECONDS = 43_200

/** Certificates that something else puts beside the proxy come from Google's driver, or a directory that may be filled. */
const GKE = 'gke-workload-certificate'

function certificates({ values }: TemplateInput): 'gke-workload-certificate' | 'workload-certs' {
  return values.text('global.caName') === 'GkeWorkloadCertificate' ? GKE : 'workload-certs'
}

const byIstiod = ({ values }: TemplateInput) => values.text('global.pilotCertProvider') === 'istiod'

export function mounts(input: TemplateInput, { revocations, channel }: VolumeOptions): readonly Fields[] {
  const certs = certificates(input)
  const at = (name: string, mountPath: string, more: Fields = {}) => ({ name, mountPath, ...more })
  const annotations = annotationsOf(input.pod)
  return [
    at('workload-socket', '/var/run/secrets/workload-spiffe-uds'),
    ...(channel === 'istio-envoy' ? [at('credential-socket', '/var/run/secrets/credential-uds')] : []),
    at(certs, '/var/run/secrets/workload-spiffe-credentials', certs === GKE ? { readOnly: true } : {}),
    ...(byIstiod(input) ? [at('istiod-ca-cert', '/var/run/secrets/istio')] : []),
    ...(revocations ? [at('istio-ca-crl', '/var/run/secrets/istio/crl')] : []),
    at('istio-data', '/var/lib/istio/data'),
    ...(annotations['sidecar.istio.io/bootstrapOverride'] === undefined
      ? []
      : [at('custom-bootstrap-volume', '/etc/istio/custom-bootstrap')]),
    at(channel, '/etc/istio/proxy'),
    at('istio-token', '/var/run/secrets/tokens'),
    ...(input.values.flag('global.mountMtlsCerts') ? [at('istio-certs', '/etc/certs/', { readOnly: true })] : []),
    at('istio-podinfo', '/etc/istio/pod'),
    ...ofAnnotation(input, 'sidecar.istio.io/userVolumeMount'),
  ]
}

export function volumes(input: TemplateInput, { revocations, channel }: VolumeOptions): readonly Fields[] {
  const { pod, values } = input
  const certs = certificates(input)
  const override = annotationsOf(pod)['sidecar.istio.io/bootstrapOverride']
  const sidecar = channel === 'istio-envoy' && revocations
  // A volume without a word on what it is, is an empty directory.
  const empty: Fields = sidecar ? {} : { emptyDir: {} }
  return [
    { name: 'workload-socket' },
    ...(channel === 'istio-envoy' ? [{ name: 'credential-socket', ...empty }] : []),
    certs === GKE ? { name: GKE, csi: { driver: 'workloadcertificates.security.cloud.google.com' } } : { name: certs, ...empty },
    ...(override === undefined ? [] : [{ name: 'custom-bootstrap-volume', configMap: { name: override } }]),
    { name: channel, emptyDir: { medium: 'Memory' } },
    { name: 'istio-data', emptyDir: {} },
    {
      name: 'istio-podinfo',
      downwardAPI: {
        items: [
          { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
          { path: 'annotations', fieldRef: { fieldPath: 'metadata.annotations' } },
        ],
      },
    },
    {
      name: 'istio-token',
      projected: {
        sources: [
          {
            serviceAccountToken: {
              path: 'istio-token',
              expirationSeconds: TOKEN_SECONDS,
              audience: values.text('global.sds.token.aud'),
            },
          },
        ],
      },
    },
    ...(byIstiod(input) ? [{ name: 'istiod-ca-cert', configMap: { name: values.text('global.trustBundleName') } }] : []),
    ...(revocations ? [{ name: 'istio-ca-crl', configMap: { name: 'istio-ca-crl', optional: true } }] : []),
    ...(values.flag('global.mountMtlsCerts')
      ? [{ name: 'istio-certs', secret: { optional: true, secretName: `istio.${pod.spec.serviceAccountName || 'default'}` } }]
      : []),
    ...ofAnnotation(input, 'sidecar.istio.io/userVolume'),
  ]
}

/** A map of names to volumes or mounts, in JSON (or YAML). */
function ofAnnotation({ pod }: TemplateInput, name: string): readonly Fields[] {
  const text = annotationsOf(pod)[name]
  if (text === undefined) return []
  let value: unknown
  try {
    value = parse(text)
  } catch (error) {
    throw new InjectionError(
      `Cannot inject: annotation ${name} is no JSON: ${error instanceof Error ? error.message.split('\n', 1)[0] : String(error)}`,
    )
  }
  if (!isFields(value)) throw new InjectionError(`Cannot inject: annotation ${name} is ${text}, expected a map by name`)
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([each, fields]) => ({ name: each, ...fieldsOf(fields) }))
}
