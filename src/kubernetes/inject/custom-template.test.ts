import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { type Fields, fieldsOf, isFields, listOf } from './fields.ts'
import { InjectionError } from './pod.ts'
import { injectObject } from './resource.ts'
import { Values } from './values.ts'

const deployment = (templates: string): unknown =>
  parse(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: hello, namespace: shop}
spec:
  template:
    metadata:
      labels: {app: hello}
      annotations: {inject.istio.io/templates: "${templates}"}
    spec:
      containers:
      - {name: hello, image: hello, env: [{name: MINE, value: "1"}], volumeMounts: [{name: data, mountPath: /data}]}
      - {name: world, image: world}
      volumes: [{name: data, emptyDir: {}}]
`)

const CUSTOM = `
metadata:
  annotations:
    example.com/by: {{ .Values.global.hub | quote }}
    {{- if not (isset .ObjectMeta.Annotations "example.com/owner") }}
    example.com/owner: "{{ .DeploymentMeta.Namespace }}/{{ .DeploymentMeta.Name }}"
    {{- end }}
spec:
  containers:
  {{- range $index, $container := .Spec.Containers }}
  - name: {{ $container.Name }}
    env:
    - name: ADDED
      value: "{{ $index }}"
  {{- end }}
  volumes:
  - name: more
    emptyDir: {}
`

const podOf = (object: unknown): Fields => fieldsOf(fieldsOf(fieldsOf(object)['spec'])['template'])
const inject = (templates: string, values: Fields) =>
  podOf(injectObject(deployment(templates), { values: new Values(values), mesh: {} }).object)
const custom = { sidecarInjectorWebhook: { templates: { custom: CUSTOM } } }

test('injectObject() lays a template of the user over the pod, and no proxy', () => {
  const { metadata, spec } = inject('custom', custom)
  const annotations = fieldsOf(fieldsOf(metadata)['annotations'])
  assert.equal(annotations['example.com/owner'], 'shop/hello')
  const containers = listOf(fieldsOf(spec)['containers']).filter(isFields)
  assert.deepEqual(
    containers.map(({ name, env }) => [name, env]),
    [
      [
        'hello',
        [
          { name: 'ADDED', value: '0' },
          { name: 'MINE', value: '1' },
        ],
      ],
      ['world', [{ name: 'ADDED', value: '1' }]],
    ],
  )
  assert.deepEqual(
    listOf(fieldsOf(spec)['volumes']).map(volume => fieldsOf(volume)['name']),
    ['more', 'data'],
  )
})

test('injectObject() lays several templates over one another', () => {
  const { metadata, spec } = inject('sidecar, custom', custom)
  assert.deepEqual(
    listOf(fieldsOf(spec)['initContainers']).map(each => fieldsOf(each)['name']),
    ['istio-init', 'istio-proxy'],
  )
  assert.ok(fieldsOf(fieldsOf(metadata)['annotations'])['example.com/by'])
})

test('injectObject() says which template does not exist, or is wrong', () => {
  assert.throws(
    () => inject('mine', custom),
    (error: unknown) => error instanceof InjectionError && /no template "mine"/.test(error.message),
  )
  const broken = { sidecarInjectorWebhook: { templates: { custom: 'spec: {{ nothing }}' } } }
  assert.throws(() => inject('custom', broken), /template "custom": there is no function "nothing"/)
})

test('injectObject() puts search domains into the pod, which may name its namespace', () => {
  const values = {
    global: { podDNSSearchNamespaces: ['global', '{{ valueOrDefault .DeploymentMeta.Namespace "default" }}.global'] },
  }
  const { spec } = inject('sidecar', values)
  assert.deepEqual(fieldsOf(spec)['dnsConfig'], { searches: ['global', 'shop.global'] })
})
