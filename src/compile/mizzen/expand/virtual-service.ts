/** Route sets as VirtualServices. */
import type {
  Forward,
  HeaderChanges,
  HttpDestination,
  HttpMatch,
  HttpRule,
  NamedMatch,
  PathMatch,
  RetryPolicy,
  TextMatch,
} from '../../../model/http-rule.ts'
import type { RouteSet, TcpDestination } from '../../../model/route-set.ts'
import type { MergedRule } from '../../../model/traffic-policy.ts'
import { exportTo } from './destination-rule.ts'
import { durationText, type IstioObject, istio } from './object.ts'

/** @param ruleOf what is said of a host: retries, and where its requests really go */
export function virtualService(
  set: RouteSet,
  ruleOf: (host: string) => MergedRule | undefined,
  note: (what: string) => void,
): IstioObject {
  return istio('networking', 'VirtualService', set.name, set.namespace, {
    hosts: set.hosts,
    gateways: set.attachments.length === 1 && set.attachments[0] === 'mesh' ? undefined : set.attachments,
    http: set.http.length > 0 ? set.http.map(rule => httpRoute(rule, ruleOf, note)) : undefined,
    tls:
      set.tls.length > 0
        ? set.tls.map(({ matches, destinations }) => ({
            match: matches.map(({ serverNames, client }) => ({ sniHosts: serverNames, port: client.port })),
            route: destinations.map(tcpDestination),
          }))
        : undefined,
    tcp: set.tcp.length > 0 ? set.tcp.map(({ destinations }) => ({ route: destinations.map(tcpDestination) })) : undefined,
    exportTo: exportTo(set.exportTo),
  })
}

function httpRoute(rule: HttpRule, ruleOf: (host: string) => MergedRule | undefined, note: (what: string) => void): object {
  return {
    name: rule.name || undefined,
    match: rule.matches.length > 0 ? rule.matches.map(matchSpec) : undefined,
    ...actionSpec(rule, ruleOf, note),
    headers: headersSpec(rule.headers),
  }
}

function actionSpec({ action, name }: HttpRule, ruleOf: (host: string) => MergedRule | undefined, note: (what: string) => void) {
  switch (action.kind) {
    case 'redirect':
      return {
        redirect: {
          uri: action.path?.kind === 'whole' ? action.path.value : undefined,
          authority: action.authority || undefined,
          scheme: action.scheme || undefined,
          redirectCode: action.status === 301 ? undefined : action.status,
          port: typeof action.port === 'number' ? action.port : undefined,
          derivePort: action.port === 'default' ? 'FROM_PROTOCOL_DEFAULT' : undefined,
        },
      }
    case 'direct-response':
      return {
        directResponse: {
          status: action.status,
          body: action.body && { string: Buffer.from(action.body).toString() },
        },
      }
    case 'forward':
      return forwardSpec(action, name, ruleOf, note)
  }
}

function forwardSpec(
  action: Forward,
  name: string,
  ruleOf: (host: string) => MergedRule | undefined,
  note: (what: string) => void,
) {
  const rules = action.destinations.flatMap(({ host }) => ruleOf(host) ?? [])
  const retries = rules.flatMap(rule => rule.retries ?? [])
  const retry =
    (name ? retries.find(({ route }) => route === name)?.policy : undefined) ??
    action.retry ??
    retries.find(({ route }) => route === '')?.policy
  const [mirror] = action.mirrors
  return {
    route: action.destinations
      .flatMap(destination => shares(destination, action.destinations.length, ruleOf))
      .map(destinationSpec),
    rewrite: action.rewrite && { uri: action.rewrite.uri || undefined, authority: action.rewrite.authority || undefined },
    timeout: action.timeoutMs > 0 ? durationText(action.timeoutMs) : undefined,
    retries: retry && retrySpec(retry, note),
    mirror: mirror && destinationSpec({ ...mirror.destination, weight: 0, headers: undefined }).destination,
    mirrorPercentage: mirror && { value: mirror.percent },
  }
}

function shares(
  destination: HttpDestination,
  siblings: number,
  ruleOf: (host: string) => MergedRule | undefined,
): readonly HttpDestination[] {
  const split = destination.subset ? undefined : ruleOf(destination.host)?.split
  if (!split) return [destination]
  const whole = siblings === 1 ? 1 : destination.weight
  return split.destinations.map(share => ({ ...share, weight: share.weight * whole }))
}

function destinationSpec({
  host,
  subset,
  port,
  weight,
}: Pick<HttpDestination, 'host' | 'subset' | 'port' | 'weight'> & { headers?: unknown }) {
  return {
    destination: { host, subset: subset || undefined, port: port === undefined ? undefined : { number: port } },
    weight: weight || undefined,
  }
}

function tcpDestination({ host, subset, port, weight }: TcpDestination) {
  return destinationSpec({ host, subset, port, weight })
}

function retrySpec(retry: RetryPolicy, note: (what: string) => void): object {
  if (retry.attempts === 0) return { attempts: 0 }
  if (retry.idempotentOnly) note('idempotentOnly has no field in VirtualService: it would retry every method')
  if (retry.maxBackoffMs !== undefined) note('backoff.max has no field in VirtualService')
  return {
    attempts: retry.attempts,
    perTryTimeout: durationText(retry.perTryTimeoutMs),
    retryOn: [...retry.on, ...retry.statuses].join(','),
    backoff: durationText(retry.backoffMs),
  }
}

function matchSpec({ uri, method, headers, queryParams }: HttpMatch): object {
  return {
    uri: uri && textSpec(uri),
    method: method && textSpec(method),
    headers: namedSpec(headers),
    queryParams: namedSpec(queryParams),
  }
}

function namedSpec(matches: readonly NamedMatch[]): object | undefined {
  return matches.length > 0 ? Object.fromEntries(matches.map(({ name, match }) => [name, textSpec(match)])) : undefined
}

function textSpec(match: TextMatch | PathMatch): object {
  return match.kind === 'present' ? {} : { [match.kind]: match.value }
}

function headersSpec({ request, response }: HeaderChanges): object | undefined {
  const edit = ({ set, add, remove }: HeaderChanges['request']) =>
    set.length + add.length + remove.length === 0
      ? undefined
      : {
          set: set.length > 0 ? Object.fromEntries(set) : undefined,
          add: add.length > 0 ? Object.fromEntries(add) : undefined,
          remove: remove.length > 0 ? remove : undefined,
        }
  const [first, second] = [edit(request), edit(response)]
  return (first ?? second) ? { request: first, response: second } : undefined
}
