/**
 * An external authorizer decides (envoy.filters.http.ext_authz). Which requests it is asked about is for the access rules before it to say,
 * by the metadata they leave.
 */
import type { BufferSettings, ExtAuthz } from '../../xds/gen/envoy/extensions/filters/http/ext_authz/v3/ext_authz.ts'
import type { Clusters } from '../cluster/cluster.ts'
import type { Authorizer, QuestionBody } from '../filters/ext-authz/authorizer.ts'
import { GrpcAuthorizer } from '../filters/ext-authz/grpc-authorizer.ts'
import { sentHeaders } from '../filters/ext-authz/header-names.ts'
import { HttpAuthorizer } from '../filters/ext-authz/http-authorizer.ts'
import { pickingRule } from '../filters/ext-authz/picking-rule.ts'
import { type RouteAuthz, routeAuthzOf } from '../filters/ext-authz/route-settings.ts'
import { editHeaders, editRequest, type HeaderEdit, type Ruling } from '../filters/ext-authz/ruling.ts'
import { HeaderList, type Headers } from '../http/headers.ts'
import type { ResponseHead } from '../http/stream.ts'
import type { DynamicMetadata } from '../metadata/dynamic.ts'
import { compileMetadataMatcher } from '../metadata/matcher.ts'
import { runtimeFraction } from '../route/fraction.ts'
import type { Denials } from '../telemetry/denials.ts'
import { Flag } from '../telemetry/response-flags.ts'
import { deny } from './deny.ts'
import { type FilterExplanation, type HttpFilter, type HttpRequest, overrideOf, type Verdict } from './filter.ts'

/** cluster.<name>.ext_authz.*, of the cluster that requests would have gone to. */
export class ClusterAuthzStats {
  ok = 0
  denied = 0
  error = 0
  failure_mode_allowed = 0
}

/** http.<stat_prefix>.ext_authz.* */
export class ExtAuthzStats {
  ok = 0
  denied = 0
  error = 0
  disabled = 0
  failure_mode_allowed = 0
}

export interface ExtAuthzServices {
  readonly clusters: Clusters
  readonly denials: Denials
  /** @param prefix the filter's own, "": none */
  readonly stats: (prefix: string) => ExtAuthzStats
  /** @param prefix likewise */
  readonly clusterStats: (cluster: string, prefix: string) => ClusterAuthzStats
}

const FILTER = 'envoy.filters.http.ext_authz'
const NO_BODY = Buffer.alloc(0)
const TOO_LARGE = Buffer.from('Payload Too Large')
const EVERY_ROUTE: RouteAuthz = { disabled: false, context: {}, body: undefined }

export class ExtAuthzFilter implements HttpFilter {
  readonly name: string
  readonly defaultOff: boolean
  readonly #authorizer: Authorizer
  readonly #config: ExtAuthz
  readonly #stats: ExtAuthzStats
  readonly #denials: Denials
  readonly #clusterStats: ExtAuthzServices['clusterStats']
  /** What is denied counts among the responses of the cluster that it would have gone to. */
  readonly #chargesCluster: boolean
  readonly #concerns: (metadata: DynamicMetadata | undefined) => boolean
  readonly #pickedBy: (metadata: DynamicMetadata | undefined) => string | undefined
  /** 0 to 1, of the requests that it is asked about. */
  readonly #share: number
  readonly #errorStatus: number
  /** Gives up what is being asked about a request. */
  readonly #asking = new Map<HttpRequest, () => void>()
  /** What responses get, of requests that were allowed. */
  readonly #responseEdits = new WeakMap<HttpRequest, readonly HeaderEdit[]>()

  /** @throws on settings that cannot be followed */
  constructor(name: string, defaultOff: boolean, config: ExtAuthz, { clusters, denials, stats, clusterStats }: ExtAuthzServices) {
    for (const [field, given] of Object.entries(unsupported(config)))
      if (given) throw new Error(`ext_authz: ${field} is not supported`)
    this.name = name
    this.defaultOff = defaultOff
    this.#config = config
    this.#stats = stats(config.statPrefix)
    this.#clusterStats = clusterStats
    this.#chargesCluster = config.chargeClusterResponseStats ?? true
    this.#denials = denials
    this.#authorizer = authorizerOf(config, clusters)
    this.#concerns = config.filterEnabledMetadata ? compileMetadataMatcher(config.filterEnabledMetadata) : () => true
    this.#pickedBy = pickingRule(config.filterEnabledMetadata)
    this.#share = runtimeFraction(config.filterEnabled, 1)
    this.#errorStatus = config.statusOnError?.code || 403
  }

  onRequest(request: HttpRequest): Verdict {
    const override = overrideOf(request, this.name)
    const route = override === undefined ? EVERY_ROUTE : routeAuthzOf(override)
    if (route.disabled) return 'continue'
    if (!this.#concerns(request.record.metadata) || (this.#share < 1 && request.random() >= this.#share))
      return this.#skip(request)
    const wanted = request.bodiless || request.head.upgrade !== undefined ? undefined : bodySettings(this.#config, route)
    if (wanted === undefined) this.#ask(request, route, undefined)
    else
      request.awaitBody(wanted.maxRequestBytes, (bytes, whole) => {
        if (!whole && !wanted.allowPartialMessage) request.reply(413, TOO_LARGE, 'request_payload_too_large')
        else this.#ask(request, route, { bytes, partial: !whole, asBytes: wanted.packAsBytes })
      })
    return 'wait'
  }

  explain(request: HttpRequest): FilterExplanation | undefined {
    if (!this.#concerns(request.record.metadata) || this.#share === 0) return undefined
    const otherwise = this.#config.failureModeAllow ? 'lets the request pass' : `is an answer ${this.#errorStatus}`
    const text = `${this.#authorizer.cluster} is asked and decides; if it cannot be asked, that ${otherwise}`
    return { subject: 'external authorizer', text, answers: [], delayMs: 0 }
  }

  onResponse(request: HttpRequest, head: ResponseHead): undefined {
    const edits = this.#responseEdits.get(request)
    if (edits !== undefined) editHeaders(head.headers, edits)
  }

  onEnd(request: HttpRequest): void {
    if (this.#asking.size === 0) return
    this.#asking.get(request)?.()
    this.#asking.delete(request)
  }

  #skip(request: HttpRequest): Verdict {
    this.#stats.disabled++
    if (!this.#config.denyAtDisable?.defaultValue) return 'continue'
    const headers = this.#deny(request, this.#errorStatus, 'the authorizer is switched off')
    request.reply(this.#errorStatus, NO_BODY, 'ext_authz_error', headers)
    return 'taken'
  }

  #count({ record: { cluster } }: HttpRequest, name: keyof ClusterAuthzStats): void {
    this.#stats[name]++
    if (cluster !== undefined) this.#clusterStats(cluster.name, this.#config.statPrefix)[name]++
  }

  #deny(request: HttpRequest, status: number, reason: string, headers?: Headers): Headers | undefined {
    const policy = this.#pickedBy(request.record.metadata)
    return deny(request, this.#denials, { by: 'authorizer', status, reason, policy }, headers)
  }

  #ask(request: HttpRequest, { context }: RouteAuthz, body: QuestionBody | undefined): void {
    const { connection, head, remoteAddress, startTime, record } = request
    const question = { connection, head, remoteAddress, startTime, body, context, metadata: record.metadata }
    const giveUp = this.#authorizer.ask(question, ruling => {
      this.#asking.delete(request)
      this.#decided(request, ruling)
    })
    this.#asking.set(request, giveUp)
  }

  #decided(request: HttpRequest, ruling: Ruling): void {
    if (ruling.kind === 'unknown') this.#unknown(request, ruling.reason)
    else {
      if (ruling.metadata !== undefined && this.#config.enableDynamicMetadataIngestion !== false)
        request.record.addMetadata(FILTER, ruling.metadata)
      if (ruling.kind === 'allowed') this.#allowed(request, ruling)
      else this.#denied(request, ruling)
    }
  }

  #allowed(request: HttpRequest, ruling: Extract<Ruling, { kind: 'allowed' }>): void {
    this.#count(request, 'ok')
    if (ruling.downstream.length > 0) this.#responseEdits.set(request, ruling.downstream)
    const changed = editRequest(request.head, ruling)
    if (changed && this.#config.clearRouteCache) request.chooseRoute()
    request.resume()
  }

  #denied(request: HttpRequest, { status, headers, body }: Extract<Ruling, { kind: 'denied' }>): void {
    this.#count(request, 'denied')
    if (this.#chargesCluster) request.record.cluster?.chargeResponse(status)
    request.record.addFlag(Flag.UnauthorizedExternalService)
    const list = new HeaderList()
    editHeaders(list, headers)
    const answer = this.#deny(request, status, `${this.#authorizer.cluster} denies it`, list)
    request.reply(status, body, 'ext_authz_denied', answer)
  }

  #unknown(request: HttpRequest, reason: string): void {
    this.#count(request, 'error')
    request.record.addMetadata(FILTER, { error: reason })
    if (this.#config.failureModeAllow) {
      this.#count(request, 'failure_mode_allowed')
      if (this.#config.failureModeAllowHeaderAdd) request.head.headers.set('x-envoy-auth-failure-mode-allowed', 'true')
      request.resume()
      return
    }
    request.record.addFlag(Flag.UnauthorizedExternalService)
    const why = `${this.#authorizer.cluster} could not be asked: ${reason}`
    request.reply(this.#errorStatus, NO_BODY, 'ext_authz_error', this.#deny(request, this.#errorStatus, why))
  }
}

function authorizerOf(config: ExtAuthz, clusters: Clusters): Authorizer {
  const { services } = config
  if (services === undefined) throw new Error('ext_authz has neither http_service nor grpc_service')
  if (services.$case === 'httpService') return new HttpAuthorizer(services.value, config, clusters)
  const sends = sentHeaders(config.allowedHeaders, config.disallowedHeaders)
  const { metadataContextNamespaces: metadataNamespaces, includeTlsSession } = config
  return new GrpcAuthorizer(services.value, { sends, metadataNamespaces, includeTlsSession }, clusters)
}

function bodySettings({ withRequestBody }: ExtAuthz, { body }: RouteAuthz): BufferSettings | undefined {
  return body === 'none' ? undefined : (body ?? withRequestBody)
}

/** Settings that would change what is asked or answered: better refused than left out in silence. */
function unsupported(config: ExtAuthz): Readonly<Record<string, boolean>> {
  return {
    typed_metadata_context_namespaces: config.typedMetadataContextNamespaces.length > 0,
    route_metadata_context_namespaces: config.routeMetadataContextNamespaces.length > 0,
    route_typed_metadata_context_namespaces: config.routeTypedMetadataContextNamespaces.length > 0,
    include_peer_certificate: config.includePeerCertificate,
    bootstrap_metadata_labels_key: config.bootstrapMetadataLabelsKey !== '',
    encode_raw_headers: config.encodeRawHeaders,
    decoder_header_mutation_rules: config.decoderHeaderMutationRules !== undefined,
    validate_mutations: config.validateMutations,
  }
}
