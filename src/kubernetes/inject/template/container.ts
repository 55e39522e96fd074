/** What the containers of the proxy have in common, whatever it is for: arguments, image, resources, probes. */
import { type Fields, fieldsOf } from '../fields.ts'
import { annotationsOf } from '../pod.ts'
import { setting, statusPort, type TemplateInput } from './input.ts'

/** @param role sidecar or router: `mizzen proxy ROLE` */
export function proxyArguments(input: TemplateInput, role: 'sidecar' | 'router'): readonly string[] {
  const { values } = input
  const sts = values.text('global.sts.servicePort')
  const outlierLog = values.text('global.proxy.outlierLogPath')
  return [
    'proxy',
    role,
    '--domain',
    `$(POD_NAMESPACE).svc.${values.text('global.proxy.clusterDomain')}`,
    `--proxyLogLevel=${setting(input, 'sidecar.istio.io/logLevel', 'global.proxy.logLevel')}`,
    `--proxyComponentLogLevel=${setting(input, 'sidecar.istio.io/componentLogLevel', 'global.proxy.componentLogLevel')}`,
    logOutputLevel(input),
    ...(sts === '' || sts === '0' ? [] : [`--stsPort=${sts}`]),
    ...logAsJson(input),
    ...(outlierLog === '' ? [] : [`--outlierLogPath=${outlierLog}`]),
  ]
}

export function logOutputLevel(input: TemplateInput): string {
  return `--log_output_level=${setting(input, 'sidecar.istio.io/agentLogLevel', 'global.logging.level')}`
}

export function logAsJson({ values }: TemplateInput): readonly string[] {
  return values.flag('global.logAsJson') ? ['--log_as_json'] : []
}

export function imageFields({ image, values }: TemplateInput): Fields {
  const policy = values.text('global.imagePullPolicy')
  return { image, ...(policy !== '' && { imagePullPolicy: policy }) }
}

const REQUESTS = { cpu: 'sidecar.istio.io/proxyCPU', memory: 'sidecar.istio.io/proxyMemory' } as const
const LIMITS = { cpu: 'sidecar.istio.io/proxyCPULimit', memory: 'sidecar.istio.io/proxyMemoryLimit' } as const

/** Of the annotations where there is one of them; otherwise of the installation. */
export function resources({ pod, values }: TemplateInput): Fields {
  const annotations = annotationsOf(pod)
  const said = (names: typeof REQUESTS | typeof LIMITS) =>
    Object.fromEntries(
      Object.entries(names)
        .map(([resource, name]) => [resource, annotations[name]] as const)
        .filter(([, amount]) => amount !== undefined),
    )
  const requests = said(REQUESTS)
  const limits = said(LIMITS)
  if (Object.keys(requests).length + Object.keys(limits).length === 0) return fieldsOf(values.at('global.proxy.resources'))
  return { ...(Object.keys(requests).length > 0 && { requests }), ...(Object.keys(limits).length > 0 && { limits }) }
}

export const METRICS_PORT = { containerPort: 15090, protocol: 'TCP', name: 'http-envoy-prom' } as const

/** Port where the proxy says whether it is ready. */
const HEALTH = { path: '/healthz/ready', port: 15021 } as const
const PROBE_SECONDS = 3

/** Nothing where health checks are switched off by port 0. */
export function probes(input: TemplateInput, kinds: { readonly startup: boolean; readonly port?: number }): Fields {
  if (statusPort(input) === '0') return {}
  const { values } = input
  const number = (name: 'initialDelaySeconds' | 'periodSeconds' | 'failureThreshold', path: string) =>
    Number(setting(input, `readiness.status.sidecar.istio.io/${name}`, path))
  const delay = number('initialDelaySeconds', 'global.proxy.readinessInitialDelaySeconds')
  const httpGet = { ...HEALTH, ...(kinds.port !== undefined && { port: kinds.port }) }
  return {
    ...(kinds.startup &&
      values.flag('global.proxy.startupProbe.enabled') && {
        startupProbe: {
          httpGet,
          periodSeconds: 1,
          timeoutSeconds: PROBE_SECONDS,
          failureThreshold: Number(values.text('global.proxy.startupProbe.failureThreshold')),
        },
      }),
    readinessProbe: {
      httpGet,
      ...(delay > 0 && { initialDelaySeconds: delay }),
      periodSeconds: number('periodSeconds', 'global.proxy.readinessPeriodSeconds'),
      timeoutSeconds: PROBE_SECONDS,
      failureThreshold: number('failureThreshold', 'global.proxy.readinessFailureThreshold'),
    },
  }
}

/** What `preStop` and `postStart` of the installation say, if anything. */
export function ownLifecycle({ values }: TemplateInput): Fields | undefined {
  const lifecycle = values.fields('global.proxy.lifecycle')
  return Object.keys(lifecycle).length > 0 ? lifecycle : undefined
}

export function pullSecrets({ values }: TemplateInput): Fields {
  const names = values.texts('global.imagePullSecrets')
  return names.length > 0 ? { imagePullSecrets: names.map(name => ({ name })) } : {}
}
