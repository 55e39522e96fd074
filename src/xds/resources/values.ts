/** Small messages that many resources contain: durations, addresses, percentages, where configuration comes from. */
import { isIP, isIPv6 } from 'node:net'
import { Address, type CidrRange } from '../gen/envoy/config/core/v3/address.ts'
import { ApiVersion, ConfigSource } from '../gen/envoy/config/core/v3/config_source.ts'
import { type FractionalPercent, FractionalPercent_DenominatorType } from '../gen/envoy/type/v3/percent.ts'
import type { Duration } from '../gen/google/protobuf/duration.ts'

export const ZERO: Duration = { seconds: 0, nanos: 0 }

export function duration(ms: number): Duration {
  const seconds = Math.trunc(ms / 1000)
  return { seconds, nanos: Math.round((ms - seconds * 1000) * 1e6) }
}

export function optionalDuration(ms: number | undefined): Duration | undefined {
  return ms === undefined ? undefined : duration(ms)
}

export function socketAddress(address: string, port: number): Address {
  return Address.fromPartial({
    address: { $case: 'socketAddress', value: { address, portSpecifier: { $case: 'portValue', value: port } } },
  })
}

/** Of an endpoint: a socket address, or a unix socket when the address is a path. */
export function endpointAddress(address: string, port: number): Address {
  if (!address.startsWith('unix:')) return socketAddress(address, port)
  return Address.fromPartial({ address: { $case: 'pipe', value: { path: address.replace(/^unix:(\/\/)?/, '') } } })
}

/** "10.0.0.0/8", or one address. */
export function cidrRange(text: string): CidrRange {
  const [addressPrefix = '', length] = text.split('/')
  return { addressPrefix, prefixLen: length === undefined ? (isIPv6(addressPrefix) ? 128 : 32) : Number(length) }
}

/** Whether `address` is one address and not a range or a name. */
export function isSingleAddress(address: string): boolean {
  return isIP(address) !== 0
}

/** Millionths, as Istio sends them. @param percent 0 to 100 */
export function fraction(percent: number): FractionalPercent {
  return { numerator: Math.round(percent * 10_000), denominator: FractionalPercent_DenominatorType.MILLION }
}

/** "Ask for it over the stream this came on, and do not wait at the start." */
export const FROM_ADS: ConfigSource = ConfigSource.fromPartial({
  configSourceSpecifier: { $case: 'ads', value: {} },
  initialFetchTimeout: ZERO,
  resourceApiVersion: ApiVersion.V3,
})
