/**
 * Listener filters: what is found out about a connection from its socket and its first bytes, before a filter chain is chosen.
 */
import type {
  ListenerFilter,
  ListenerFilterChainMatchPredicate as Predicate,
} from '../../xds/gen/envoy/config/listener/v3/listener_components.ts'
import { ProxyProtocol } from '../../xds/gen/envoy/extensions/filters/listener/proxy_protocol/v3/proxy_protocol.ts'
import { unpack } from '../../xds/wire/any.ts'
import { messageName } from '../../xds/wire/type-url.ts'
import { type ProxyProtocolSettings, readProxyProtocol } from '../proxy-protocol/listener-filter.ts'
import { readClientHello } from './client-hello.ts'
import type { ConnectionFacts } from './connection.ts'

const ORIGINAL_DST = 'envoy.extensions.filters.listener.original_dst.v3.OriginalDst'
const PROXY_PROTOCOL = 'envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol'
const TLS_INSPECTOR = 'envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector'
const HTTP_INSPECTOR = 'envoy.extensions.filters.listener.http_inspector.v3.HttpInspector'

/** As much of the first bytes as is looked at. */
export const MOST_INSPECTED = 64 * 1024

/** Whether a filter is switched off for a connection. */
type Disabled = (facts: ConnectionFacts) => boolean

export interface InspectionPlan {
  readonly originalDestination: Disabled | undefined
  readonly proxyProtocol?: ProxyProtocolSettings
  readonly tls: Disabled | undefined
  readonly http: Disabled | undefined
}

/**
 * undefined in the plan: not configured.
 * @param handsOver whether the listener has use_original_dst, which brings that filter along
 * @throws naming a listener filter that is not known
 */
export function readListenerFilters(filters: readonly ListenerFilter[], handsOver = false): InspectionPlan {
  const plan: { -readonly [Name in keyof InspectionPlan]: InspectionPlan[Name] } = {
    originalDestination: handsOver ? never : undefined,
    tls: undefined,
    http: undefined,
  }
  for (const { name, configType, filterDisabled } of filters) {
    const type = configType?.$case === 'typedConfig' ? messageName(configType.value.typeUrl) : name
    const disabled = filterDisabled === undefined ? never : compilePredicate(filterDisabled)
    if (type === ORIGINAL_DST) plan.originalDestination = disabled
    else if (type === PROXY_PROTOCOL) {
      if (filterDisabled !== undefined) throw new Error('filter_disabled of proxy_protocol is not supported, expected none')
      const value = configType?.$case === 'typedConfig' ? configType.value : undefined
      plan.proxyProtocol = readProxyProtocol(unpack(PROXY_PROTOCOL, ProxyProtocol, value) ?? ProxyProtocol.fromPartial({}))
    } else if (type === TLS_INSPECTOR) plan.tls = disabled
    else if (type === HTTP_INSPECTOR) plan.http = disabled
    else throw new Error(`listener filter "${name}" of type "${type}" is not known here`)
  }
  return plan
}

/** What a connection begins with, as the inspectors tell. */
export type FirstBytes =
  | { readonly kind: 'tls'; readonly serverName: string; readonly protocols: readonly string[] }
  | { readonly kind: 'http'; readonly protocol: 'http/1.0' | 'http/1.1' | 'h2c' }
  | { readonly kind: 'other' }

/** Writes down what the inspectors of the plan see; the HTTP inspector does not look into TLS. */
export function inspectFirst(plan: InspectionPlan, facts: ConnectionFacts, first: FirstBytes): void {
  const http = looks(plan.http, facts)
  if (looks(plan.tls, facts)) sawTls(facts, first.kind === 'tls' ? first : undefined)
  if (http && first.kind === 'http') facts.applicationProtocols = [first.protocol]
}

function looks(disabled: Disabled | undefined, facts: ConnectionFacts): boolean {
  return disabled !== undefined && !disabled(facts)
}

function sawTls(
  facts: ConnectionFacts,
  hello: { readonly serverName: string; readonly protocols: readonly string[] } | undefined,
): void {
  facts.transportProtocol = hello === undefined ? 'raw_buffer' : 'tls'
  if (hello === undefined) return
  facts.serverName = hello.serverName
  facts.applicationProtocols = hello.protocols
}

/** Looks at the first bytes of one connection and writes down what they tell. */
export class Inspection {
  readonly #facts: ConnectionFacts
  #tls: boolean
  #http: boolean

  constructor(plan: InspectionPlan, facts: ConnectionFacts) {
    this.#facts = facts
    this.#tls = looks(plan.tls, facts)
    this.#http = looks(plan.http, facts)
  }

  get needsBytes(): boolean {
    return this.#tls || this.#http
  }

  /** @returns true when everything there is to know is known */
  readonly look = (bytes: Buffer): boolean => {
    const facts = this.#facts
    if (this.#tls) {
      const hello = readClientHello(bytes)
      if (hello === 'more') return false
      this.#tls = false
      sawTls(facts, hello === 'no' ? undefined : hello)
      if (hello !== 'no') this.#http = false
    }
    if (this.#http) {
      const protocol = httpProtocol(bytes)
      if (protocol === 'more') return false
      this.#http = false
      if (protocol !== 'no') facts.applicationProtocols = [protocol]
    }
    return true
  }
}

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const REQUEST_LINE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32} [^ \r\n]+ HTTP\/1\.([01])\r?\n/
/** What could still become a request line. */
const REQUEST_LINE_SO_FAR =
  /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{0,32}(?: [^ \r\n]*(?: (?:H(?:T(?:T(?:P(?:\/(?:1(?:\.(?:[01]\r?)?)?)?)?)?)?)?)?)?)?$/
const LONGEST_LINE = 16 * 1024

/** What http_inspector tells: the protocol of the first line, if it is one. */
export function httpProtocol(bytes: Buffer): 'http/1.0' | 'http/1.1' | 'h2c' | 'more' | 'no' {
  const text = bytes.toString('latin1', 0, LONGEST_LINE)
  if (text.startsWith(PREFACE)) return 'h2c'
  if (PREFACE.startsWith(text)) return 'more'
  const found = REQUEST_LINE.exec(text)
  if (found !== null) return found[1] === '0' ? 'http/1.0' : 'http/1.1'
  return text.length < LONGEST_LINE && REQUEST_LINE_SO_FAR.test(text) ? 'more' : 'no'
}

function never(): boolean {
  return false
}

function compilePredicate({ rule }: Predicate): Disabled {
  switch (rule?.$case) {
    case 'anyMatch':
      return () => rule.value
    case 'notMatch': {
      const inner = compilePredicate(rule.value)
      return facts => !inner(facts)
    }
    case 'orMatch':
    case 'andMatch': {
      const parts = rule.value.rules.map(compilePredicate)
      return rule.$case === 'orMatch' ? facts => parts.some(part => part(facts)) : facts => parts.every(part => part(facts))
    }
    case 'destinationPortRange': {
      const { start, end } = rule.value
      return facts => facts.localPort >= start && facts.localPort < end
    }
    case undefined:
      throw new Error('a filter_disabled predicate is empty')
  }
}
