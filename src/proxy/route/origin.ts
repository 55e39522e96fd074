/**
 * The configuration object behind an xDS resource: the control plane writes it into metadata "mizzen.dev".
 */
import type { Metadata } from '../../xds/gen/envoy/config/core/v3/base.ts'
import type { ConfigOrigin } from './decision.ts'

export function originOf(metadata: Metadata | undefined): ConfigOrigin | undefined {
  const fields: Readonly<Record<string, unknown>> | undefined = metadata?.filterMetadata['mizzen.dev']
  if (!fields || typeof fields['origin'] !== 'string') return undefined
  const { origin, file, line, rule } = fields
  return {
    origin,
    file: typeof file === 'string' ? file : '',
    line: typeof line === 'number' ? line : 0,
    rule: typeof rule === 'string' ? rule : '',
  }
}
