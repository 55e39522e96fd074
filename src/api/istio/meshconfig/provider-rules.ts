/** Rules for extension providers. */
import type { Findings } from '../../findings.ts'
import { checkPort } from '../../values/address.ts'
import { checkDnsLabel, checkFqdn } from '../../values/dns.ts'
import { checkDuration } from '../../values/quantity.ts'
import { isHttpStatus } from '../virtualservice/status.ts'
import { type ExtensionProvider, providerKinds } from './extension-provider.ts'

/** Kinds of providers that are a service; the others are none, or need none. */
const services = [
  'envoyExtAuthzHttp',
  'envoyExtAuthzGrpc',
  'zipkin',
  'lightstep',
  'datadog',
  'opencensus',
  'skywalking',
  'opentelemetry',
  'envoyHttpAls',
  'envoyTcpAls',
  'envoyOtelAls',
  'sds',
] as const

/** @param findings at `extensionProviders` */
export function checkProviders(providers: readonly ExtensionProvider[], findings: Findings): void {
  const names = new Set<string>()
  for (const [index, provider] of providers.entries()) {
    const at = findings.at(index)
    if (provider.name === '') at.at('name').error('it is empty: expected a name')
    if (names.has(provider.name)) at.at('name').error(`"${provider.name}" names two providers: expected another name for each`)
    names.add(provider.name)
    checkProvider(provider, at)
  }
}

function checkProvider(provider: ExtensionProvider, findings: Findings): void {
  if (!Object.keys(provider).some(field => providerKinds.includes(field)))
    findings.error(`it says no kind of provider: expected one of ${providerKinds.join(', ')}`)
  for (const field of services) {
    if (provider[field]) checkService(provider[field], findings.at(field))
  }
  for (const field of ['envoyExtAuthzHttp', 'envoyExtAuthzGrpc'] as const) {
    if (provider[field]) checkAuthorization(provider[field], findings.at(field))
  }
}

function checkService(
  { service = '', port = 0 }: { readonly service?: string; readonly port?: number },
  findings: Findings,
): void {
  const parts = service.split('/')
  const [host = '', namespace] = parts.toReversed()
  const at = findings.at('service')
  if (parts.length > 2) at.error(`"${service}" is not a service: expected "host" or "namespace/host"`)
  if (namespace !== undefined) at.check(checkDnsLabel(namespace, 'a namespace'))
  at.check(checkFqdn(host))
  findings.at('port').check(checkPort(port))
}

type Authorization = NonNullable<ExtensionProvider['envoyExtAuthzHttp'] | ExtensionProvider['envoyExtAuthzGrpc']>

function checkAuthorization(settings: Authorization, findings: Findings): void {
  const { statusOnError, timeout } = settings
  if (statusOnError && !isHttpStatus(statusOnError))
    findings.at('statusOnError').error(`"${statusOnError}" is not an HTTP status: expected one such as "503"`)
  if (timeout !== undefined) findings.at('timeout').check(checkDuration(timeout))
  const prefix = 'pathPrefix' in settings ? settings.pathPrefix : undefined
  if (prefix && !prefix.startsWith('/'))
    findings.at('pathPrefix').error(`"${prefix}" is not a path: expected it to begin with "/"`)
}
