import { type Row, testValidation } from '../../verdict.testing.ts'

const rows: Row[] = [
  ['nothing', '{}', []],
  ['a selector', '{selector: {matchLabels: {app: cart}}, accessLogging: [{providers: [{name: envoy}, {name: otel}]}]}', []],
  ['two tracing entries', '{tracing: [{}, {}]}', ['warning spec.tracing']],
  ['two tracing providers', '{tracing: [{providers: [{name: a}, {name: b}]}]}', ['warning spec.tracing[0].providers']],
  ['a tag without value', '{tracing: [{customTags: {a: {}}}]}', ['error spec.tracing[0].customTags.a']],
  [
    'a tag of two kinds',
    '{tracing: [{customTags: {a: {literal: {value: a}, header: {name: b}}}}]}',
    ['error spec.tracing[0].customTags.a'],
  ],
  ['a sampling above all', '{tracing: [{randomSamplingPercentage: 101}]}', ['error spec.tracing[0].randomSamplingPercentage']],
  [
    'an upsert without value',
    '{metrics: [{overrides: [{tagOverrides: {a: {}}}]}]}',
    ['error spec.metrics[0].overrides[0].tagOverrides.a'],
  ],
  [
    'a removal with value',
    '{metrics: [{overrides: [{tagOverrides: {a: {operation: REMOVE, value: b}}}]}]}',
    ['error spec.metrics[0].overrides[0].tagOverrides.a.value'],
  ],
  [
    'two metrics in one match',
    '{metrics: [{overrides: [{match: {metric: REQUEST_COUNT, customMetric: a}}]}]}',
    ['error spec.metrics[0].overrides[0].match'],
  ],
  ['a filter', '{accessLogging: [{filter: {expression: "response.code >= 400 && !has(request.headers[\'x\'])"}}]}', []],
  [
    'a filter that is none',
    '{accessLogging: [{filter: {expression: "response.code >="}}]}',
    ['error spec.accessLogging[0].filter.expression'],
  ],
]

testValidation('Telemetry', rows)
