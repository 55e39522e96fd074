import assert from 'node:assert/strict'
import { test } from 'node:test'
import { executeTemplate } from './execute.ts'
import { standardFunctions } from './functions.ts'
import { TemplateError } from './lex.ts'
import { parseTemplate } from './parse.ts'

const functions = standardFunctions(value => JSON.stringify(value))
const run = (text: string, data: unknown = {}) => executeTemplate(parseTemplate(text), data, functions)

const pod = {
  metadata: { name: 'cart', labels: { app: 'cart', 'x/y': 'z' } },
  spec: { containers: [{ name: 'a' }, { name: 'b' }] },
}

for (const [title, text, data, expected] of [
  ['prints fields, whatever their first letter', '{{ .Metadata.Name }} {{ .metadata.labels.app }}', pod, 'cart cart'],
  ['trims at marked ends', 'a \n {{- 1 -}} \n b', {}, 'a1b'],
  ['leaves comments out', 'a{{/* } }} */}}b{{- /* c */ -}} d', {}, 'abd'],
  ['chooses', '{{ if eq .a 1 }}one{{ else if eq .a 2 }}two{{ else }}more{{ end }}', { a: 2 }, 'two'],
  ['takes nothing as false', '{{ if .none.at.all }}x{{ else }}y{{ end }}', {}, 'y'],
  [
    'ranges with index and value',
    '{{ range $i, $c := .spec.containers }}{{ $i }}{{ $c.name }}{{ .name }} {{ end }}',
    pod,
    '0aa 1bb ',
  ],
  ['ranges over maps by key', '{{ range $k, $v := .m }}{{ $k }}={{ $v }};{{ end }}', { m: { b: 2, a: 1 } }, 'a=1;b=2;'],
  ['takes the else of an empty range', '{{ range .none }}x{{ else }}empty{{ end }}', {}, 'empty'],
  ['changes a variable of outside', '{{ $x := 1 }}{{ range .l }}{{ $x = . }}{{ end }}{{ $x }}', { l: [2, 3] }, '3'],
  ['sees the root through $', '{{ range .spec.containers }}{{ $.metadata.name }}{{ end }}', pod, 'cartcart'],
  ['pipes as the last argument', '{{ .x | default "long-name-" | trunc 9 | trimSuffix "-" | quote }}', {}, '"long-name"'],
  ['calls in parentheses', '{{ index (index .metadata.labels "x/y" | list) 0 }}', pod, 'z'],
  ['reads fields of a call', '{{ (index .spec.containers 1).name }}', pod, 'b'],
  ['stops at the first that decides', '{{ or "" .none "x" }}{{ and 1 "" (fail "no") }}', {}, 'x'],
  ['includes templates', '{{ define "t" }}<{{ .name }}>{{ end }}{{ template "t" .metadata }}', pod, '<cart>'],
  ['does with something', '{{ with .metadata.labels.app }}{{ . }}{{ end }}{{ with .no }}x{{ end }}', pod, 'cart'],
  ['formats', '{{ printf "%s:%d %q %%" "a" 8080 "b" }}', {}, 'a:8080 "b" %'],
  ['indents', '{{ "a\\nb" | nindent 2 }}', {}, '\n  a\n  b'],
  ['joins either way round', '{{ list "a" "b" | join "," }} {{ join (list "a" "b") "," }}', {}, 'a,b a,b'],
] as const) {
  test(`executeTemplate() ${title}`, () => assert.equal(run(text, data), expected))
}

for (const [text, message] of [
  ['{{ if }}', /line 1: expected a value/],
  ['a\n{{ nothing 1 }}', /no function "nothing"/],
  ['{{ if 1 }}', /before {{ end }}/],
  ['{{ end }}', /without {{ if }}/],
  ['x {{ .a', /without }}/],
  ['{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}', /calls itself/],
] as const) {
  test(`executeTemplate() refuses ${text}`, () => {
    assert.throws(
      () => run(text),
      (error: unknown) => error instanceof TemplateError && message.test(error.message),
    )
  })
}
