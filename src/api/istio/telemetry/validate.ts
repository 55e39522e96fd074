/** Rules for Telemetry: as strict as Istio's admission. */
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import { checkCel } from '../../values/cel.ts'
import { checkDuration } from '../../values/quantity.ts'
import { checkPolicyTarget } from '../policy-target.ts'
import type { AccessLogging, Metrics, TagOverride, TelemetrySpec, Tracing } from './schema.ts'

export function validateTelemetry(object: ConfigObject<'Telemetry', string, TelemetrySpec>, findings: Findings): void {
  const { spec } = object
  const at = findings.at('spec')
  checkPolicyTarget(spec, at)
  checkTracing(spec.tracing ?? [], at.at('tracing'))
  for (const [index, metrics] of (spec.metrics ?? []).entries()) checkMetrics(metrics, at.at('metrics', index))
  for (const [index, log] of (spec.accessLogging ?? []).entries()) checkAccessLogging(log, at.at('accessLogging', index))
}

function checkTracing(tracing: readonly Tracing[], findings: Findings): void {
  if (tracing.length > 1) findings.warning(`there are ${tracing.length} entries: only the first is used`)
  for (const [index, { providers = [], customTags = {} }] of tracing.entries()) {
    const at = findings.at(index)
    if (providers.length > 1) at.at('providers').warning(`there are ${providers.length} providers: only the first is used`)
    for (const [name, tag] of Object.entries(customTags)) {
      const atTag = at.at('customTags', name)
      if (name === '') atTag.error('a tag without a name: expected one')
      if (Object.keys(tag).length === 0) atTag.error('the tag has no value: expected literal, environment, header or formatter')
    }
  }
}

function checkMetrics({ overrides = [], reportingInterval }: Metrics, findings: Findings): void {
  if (reportingInterval !== undefined) findings.at('reportingInterval').check(checkDuration(reportingInterval))
  for (const [index, { tagOverrides = {} }] of overrides.entries()) {
    for (const [name, override] of Object.entries(tagOverrides)) {
      checkTagOverride(name, override, findings.at('overrides', index, 'tagOverrides', name))
    }
  }
}

function checkTagOverride(name: string, { operation = 'UPSERT', value }: TagOverride, findings: Findings): void {
  if (name === '') findings.error('a tag without a name: expected one')
  if (operation === 'UPSERT' && !value) findings.error('"value" is missing: expected an expression to set the tag to')
  if (operation === 'REMOVE' && value) findings.at('value').error('the tag is left out with REMOVE: expected no value')
}

function checkAccessLogging({ filter }: AccessLogging, findings: Findings): void {
  if (filter) findings.at('filter', 'expression').check(checkCel(filter.expression ?? ''))
}
