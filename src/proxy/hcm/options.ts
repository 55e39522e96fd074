/**
 * The settings of an HttpConnectionManager, read once into the form that requests use, with Envoy's defaults filled in.
 */
import { Cidr } from '../../lib/cidr.ts'
import {
  HttpConnectionManager_CodecType as CodecType,
  HttpConnectionManager_PathWithEscapedSlashesAction as EscapedSlashesAction,
  type HttpConnectionManager,
  HttpConnectionManager_ServerHeaderTransformation as ServerHeader,
} from '../../xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { UuidRequestIdConfig } from '../../xds/gen/envoy/extensions/request_id/uuid/v3/uuid.ts'
import { unpack } from '../../xds/wire/any.ts'
import { durationMs } from '../../xds/wire/duration.ts'
import { type Http2Options, http2Options } from '../http2/options.ts'
import { ClientCertificateRule } from './client-certificate.ts'
import { compileLocalReplies, type LocalReplyMapper } from './local-reply-mapper.ts'
import type { EscapedSlashes, PathRules } from './path.ts'

export interface HcmOptions {
  readonly statPrefix: string
  readonly codec: 'auto' | 'http1' | 'http2'
  readonly serverName: string
  readonly serverHeader: 'overwrite' | 'append-if-absent' | 'pass-through'
  readonly generateRequestId: boolean
  readonly preserveExternalRequestId: boolean
  readonly alwaysSetRequestIdInResponse: boolean
  /** The decision on sampling travels inside it. */
  readonly tracesByRequestId: boolean
  readonly useRemoteAddress: boolean
  readonly xffTrustedHops: number
  readonly skipXffAppend: boolean
  readonly appendForwardedPort: boolean
  /** internal_address_config; empty: nobody is internal. */
  readonly internalRanges: readonly Cidr[]
  readonly clientCertificate: ClientCertificateRule
  readonly via: string
  readonly path: PathRules
  /** Whether any of `path` asks for work. */
  readonly normalizes: boolean
  readonly stripPort: 'no' | 'matching' | 'any'
  readonly stripTrailingDot: boolean
  /** Lower-case upgrade type -> enabled. */
  readonly upgrades: ReadonlyMap<string, boolean>
  readonly proxy100Continue: boolean
  readonly http2: Http2Options
  readonly acceptHttp10: boolean
  readonly defaultHostForHttp10: string
  readonly maxRequestHeadersBytes: number
  readonly maxHeadersCount: number
  /** Milliseconds; 0: none. */
  readonly streamIdleTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly requestHeadersTimeoutMs: number
  readonly connectionIdleTimeoutMs: number
  readonly maxConnectionDurationMs: number
  readonly maxStreamDurationMs: number
  readonly drainTimeoutMs: number
  /** 0: no limit. */
  readonly maxRequestsPerConnection: number
  /** undefined: the proxy's own answers go out as they are. */
  readonly localReplies: LocalReplyMapper | undefined
}

const SERVER_HEADER = {
  [ServerHeader.OVERWRITE]: 'overwrite',
  [ServerHeader.APPEND_IF_ABSENT]: 'append-if-absent',
  [ServerHeader.PASS_THROUGH]: 'pass-through',
} as const

const ESCAPED_SLASHES: Readonly<Record<EscapedSlashesAction, EscapedSlashes>> = {
  [EscapedSlashesAction.IMPLEMENTATION_SPECIFIC_DEFAULT]: 'keep',
  [EscapedSlashesAction.KEEP_UNCHANGED]: 'keep',
  [EscapedSlashesAction.REJECT_REQUEST]: 'reject',
  [EscapedSlashesAction.UNESCAPE_AND_REDIRECT]: 'redirect',
  [EscapedSlashesAction.UNESCAPE_AND_FORWARD]: 'decode',
}

/** @throws naming the field for what this proxy does not do */
export function readOptions(config: HttpConnectionManager): HcmOptions {
  for (const [field, present] of Object.entries(unsupported(config))) if (present) throw new Error(`${field} is not supported`)
  const common = config.commonHttpProtocolOptions
  const path: PathRules = {
    normalize: config.normalizePath ?? false,
    mergeSlashes: config.mergeSlashes,
    escapedSlashes: ESCAPED_SLASHES[config.pathWithEscapedSlashesAction],
  }
  return {
    statPrefix: config.statPrefix,
    codec: codecOf(config.codecType),
    serverName: config.serverName || 'envoy',
    serverHeader: SERVER_HEADER[config.serverHeaderTransformation],
    generateRequestId: config.generateRequestId ?? true,
    preserveExternalRequestId: config.preserveExternalRequestId,
    alwaysSetRequestIdInResponse: config.alwaysSetRequestIdInResponse,
    tracesByRequestId: tracesByRequestId(config),
    useRemoteAddress: config.useRemoteAddress ?? false,
    xffTrustedHops: config.xffNumTrustedHops,
    skipXffAppend: config.skipXffAppend,
    appendForwardedPort: config.appendXForwardedPort,
    internalRanges: (config.internalAddressConfig?.cidrRanges ?? []).map(
      range => new Cidr(range.addressPrefix, range.prefixLen ?? 0),
    ),
    clientCertificate: ClientCertificateRule.read(config),
    via: config.via,
    path,
    normalizes: path.normalize || path.mergeSlashes || path.escapedSlashes !== 'keep',
    stripPort: config.stripPortMode?.value ? 'any' : config.stripMatchingHostPort ? 'matching' : 'no',
    stripTrailingDot: config.stripTrailingHostDot,
    upgrades: new Map(config.upgradeConfigs.map(upgrade => [upgrade.upgradeType.toLowerCase(), upgrade.enabled ?? true])),
    proxy100Continue: config.proxy100Continue,
    http2: http2Options(config.http2ProtocolOptions, config.streamErrorOnInvalidHttpMessage ?? false),
    acceptHttp10: config.httpProtocolOptions?.acceptHttp10 ?? false,
    defaultHostForHttp10: config.httpProtocolOptions?.defaultHostForHttp10 ?? '',
    maxRequestHeadersBytes: (config.maxRequestHeadersKb ?? 60) * 1024,
    maxHeadersCount: common?.maxHeadersCount ?? 100,
    streamIdleTimeoutMs: durationMs(config.streamIdleTimeout) ?? 300_000,
    requestTimeoutMs: durationMs(config.requestTimeout) ?? 0,
    requestHeadersTimeoutMs: durationMs(config.requestHeadersTimeout) ?? 0,
    connectionIdleTimeoutMs: durationMs(common?.idleTimeout) ?? 3_600_000,
    maxConnectionDurationMs: durationMs(common?.maxConnectionDuration) ?? 0,
    maxStreamDurationMs: durationMs(common?.maxStreamDuration) ?? 0,
    drainTimeoutMs: durationMs(config.drainTimeout) ?? 5000,
    maxRequestsPerConnection: common?.maxRequestsPerConnection ?? 0,
    localReplies: compileLocalReplies(config.localReplyConfig),
  }
}

/** Settings that would change what happens to requests, and that are not followed: better refused than left out in silence. */
function unsupported(config: HttpConnectionManager): Readonly<Record<string, boolean>> {
  return {
    original_ip_detection_extensions: config.originalIpDetectionExtensions.length > 0,
    early_header_mutation_extensions: config.earlyHeaderMutationExtensions.length > 0,
    path_normalization_options: config.pathNormalizationOptions !== undefined,
    proxy_status_config: config.proxyStatusConfig !== undefined,
    'upgrade_configs.filters': config.upgradeConfigs.some(upgrade => upgrade.filters.length > 0),
  }
}

function tracesByRequestId({ requestIdExtension }: HttpConnectionManager): boolean {
  const typed = requestIdExtension?.typedConfig
  const uuid = unpack('envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig', UuidRequestIdConfig, typed)
  if (uuid === undefined && typed !== undefined)
    throw new Error(`request_id_extension of type "${typed.typeUrl}" is not known here`)
  if (uuid?.packTraceReason === false) throw new Error('request_id_extension.pack_trace_reason is not supported, expected true')
  return uuid?.useRequestIdForTraceSampling ?? true
}

function codecOf(type: CodecType): HcmOptions['codec'] {
  if (type === CodecType.HTTP1) return 'http1'
  if (type === CodecType.HTTP2) return 'http2'
  if (type === CodecType.AUTO) return 'auto'
  throw new Error('Cannot use codec_type HTTP3: expected AUTO, HTTP1 or HTTP2')
}
