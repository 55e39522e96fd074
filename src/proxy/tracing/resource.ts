/** Attributes of the process that makes spans (OpenTelemetry's resource): its service's name, and what detectors find. */
import type { TypedExtensionConfig } from '../../xds/gen/envoy/config/core/v3/extension.ts'
import { messageName } from '../../xds/wire/type-url.ts'

const ENVIRONMENT = 'envoy.extensions.tracers.opentelemetry.resource_detectors.v3.EnvironmentResourceDetectorConfig'

/** @param warn told of a detector that only Envoy has: its attributes are missing */
export function resourceAttributes(
  serviceName: string,
  detectors: readonly TypedExtensionConfig[],
  environment: Readonly<Record<string, string | undefined>>,
  warn: (text: string) => void,
): Map<string, string> {
  const attributes = new Map([
    ['service.name', serviceName || 'unknown_service:mizzen'],
    ['telemetry.sdk.name', 'mizzen'],
    ['telemetry.sdk.language', 'nodejs'],
  ])
  for (const { name, typedConfig } of detectors) {
    if (typedConfig === undefined || messageName(typedConfig.typeUrl) !== ENVIRONMENT) {
      warn(`resource detector "${name}" is one that only Envoy has: what it finds is not in spans`)
      continue
    }
    for (const pair of (environment['OTEL_RESOURCE_ATTRIBUTES'] ?? '').split(',')) {
      const [key = '', ...value] = pair.split('=')
      if (key.trim() !== '') attributes.set(key.trim(), decodeURIComponent(value.join('=').trim()))
    }
  }
  return attributes
}
