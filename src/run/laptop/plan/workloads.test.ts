import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readState } from '../../../source/files/file-state.ts'
import { Store } from '../../../source/store.ts'
import { podOf } from './pod-plan.ts'
import { type Plan, planWorkloads } from './workloads.ts'

async function plan(yaml: string): Promise<Plan> {
  const { objects, diagnostics } = await readState('shop/mesh.yaml', yaml, false)
  assert.deepEqual(diagnostics, [])
  const store = new Store()
  store.source().publish(objects)
  return planWorkloads(store.snapshot().objects, { engine: 'mizzen', cwd: '/home/me' })
}

interface Parts {
  readonly labels?: string
  readonly annotations?: string
  readonly container?: string
  readonly spec?: string
  readonly replicas?: number
}

function deployment({
  labels = '',
  annotations = '',
  container = 'command: [node, cart.js]',
  spec = '',
  replicas = 1,
}: Parts = {}): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  replicas: ${replicas}
  template:
    metadata:
      labels: {app: cart, ${labels}}
      annotations: {${annotations}}
    spec:
      ${spec}
      containers:
        - name: app
          image: registry.example/cart:1
          ${container}
`
}

async function planned(parts: Parts, more = '') {
  const { workloads, diagnostics } = await plan(`${deployment(parts)}${more}`)
  assert.deepEqual(diagnostics, [])
  const [workload] = workloads
  const [container] = workload?.pod.containers ?? []
  assert.ok(workload && container)
  return { workload, pod: workload.pod, container }
}

test('planWorkloads() counts the replicas of a Deployment, which podOf() names', async () => {
  const { workload } = await planned({ replicas: 2 })
  assert.deepEqual([workload.key, workload.replicas, workload.overlaps], ['Deployment shop/cart', 2, true])
  assert.deepEqual([podOf(workload, 0).key, podOf(workload, 1).name], ['shop/cart-0', 'cart-1'])
})

test('planWorkloads() gives a container its command and args, in the manifest’s directory', async () => {
  const { container, pod } = await planned({ container: 'command: [node]\n          args: [cart.js, "--port=$(PORT)"]' })
  assert.deepEqual(container.argv, ['node', 'cart.js', '--port=$(PORT)'])
  assert.equal(container.workdir, '/home/me/shop')
  assert.deepEqual(pod.proxy, { type: 'sidecar', engine: 'mizzen' })
  assert.equal(
    (await planned({ container: 'command: [node]\n          workingDir: apps' })).container.workdir,
    '/home/me/shop/apps',
  )
  const annotated = { container: 'command: [node]\n          workingDir: /app', annotations: 'mizzen.dev/workdir: ../src' }
  assert.equal((await planned(annotated)).container.workdir, '/home/me/src')
})

test('planWorkloads() takes the command of an annotation in place of the image’s', async () => {
  const only = { container: 'args: [serve]' }
  assert.deepEqual((await planned({ ...only, annotations: `mizzen.dev/command: "node 'my cart.js'"` })).container.argv, [
    'node',
    'my cart.js',
  ])
  assert.deepEqual((await planned({ ...only, annotations: `mizzen.dev/command.app: '["node", "a b"]'` })).container.argv, [
    'node',
    'a b',
  ])
})

test('planWorkloads() knows the ports that containers declare and those that Services target', async () => {
  const service = `
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec:
  selector: {app: cart}
  ports: [{name: http, port: 80, targetPort: 9000}, {name: web, port: 81, targetPort: web}, {name: dns, port: 53, protocol: UDP}, {name: self, port: 8443}]
---
apiVersion: v1
kind: Service
metadata: {name: other, namespace: shop}
spec:
  selector: {app: other}
  ports: [{port: 1}]
`
  const { pod, container } = await planned(
    { container: 'command: [node]\n          ports: [{name: web, containerPort: 8080}, {containerPort: 53, protocol: UDP}]' },
    service,
  )
  assert.deepEqual(pod.ports, [8080, 8443, 9000])
  assert.deepEqual(
    container.ports.map(({ number }) => number),
    [8080, 9000, 8443],
  )
})

test('planWorkloads() leaves a pod without a sidecar where injection is off', async () => {
  assert.equal((await planned({ labels: 'sidecar.istio.io/inject: "false"' })).pod.proxy, undefined)
  const disabled = '\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: disabled}}\n'
  assert.equal((await planned({}, disabled)).pod.proxy, undefined)
  assert.equal((await planned({ labels: 'sidecar.istio.io/inject: "true"' }, disabled)).pod.proxy?.type, 'sidecar')
})

test('planWorkloads() makes a gateway of a pod that Istio’s injector would make one of', async () => {
  const gateway = deployment({ annotations: 'inject.istio.io/templates: gateway, mizzen.dev/engine: envoy', container: '' })
  const [workload] = (await plan(gateway)).workloads
  assert.deepEqual(
    [workload?.pod.proxy, workload?.pod.containers, workload?.overlaps],
    [{ type: 'router', engine: 'envoy' }, [], false],
  )
})

test('planWorkloads() changes the fingerprint with what the pod is made of, also in a ConfigMap', async () => {
  const env = 'command: [node]\n          envFrom: [{configMapRef: {name: settings}}]'
  const settings = (level: string) =>
    `\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\ndata: {LEVEL: ${level}}\n`
  const print = async (parts: Parts, more?: string) => (await planned(parts, more)).pod.fingerprint
  assert.equal(await print({ container: env }, settings('info')), await print({ container: env, replicas: 3 }, settings('info')))
  assert.notEqual(await print({ container: env }, settings('info')), await print({ container: env }, settings('debug')))
  assert.notEqual(await print({}), await print({ annotations: 'mizzen.dev/engine: envoy' }))
  assert.notEqual(await print({}), await print({ container: 'command: [node, other.js]' }))
})

test('planWorkloads() runs bare pods under their own name', async () => {
  const bare = 'apiVersion: v1\nkind: Pod\nmetadata: {name: solo}\nspec: {containers: [{name: a, command: [sleep, "1"]}]}\n'
  const [workload] = (await plan(bare)).workloads
  assert.ok(workload)
  assert.deepEqual([workload.key, workload.overlaps, podOf(workload, 0).key], ['Pod default/solo', false, 'default/solo'])
})

const problems: [what: string, parts: Parts, message: RegExp, fix: RegExp | undefined, line: number][] = [
  [
    'an image alone',
    { container: '' },
    /Cannot run container "app" on this machine: it has an image \("registry.example\/cart:1"\) and no command/,
    /add to spec.template.metadata.annotations \(shop\/mesh.yaml:10\) the line {2}mizzen.dev\/command: node server.js/,
    14,
  ],
  [
    'args without a command',
    { container: 'args: [serve]' },
    /it has args for its image and no command/,
    /mizzen.dev\/command/,
    14,
  ],
  ['a command that does not end', { annotations: `mizzen.dev/command: "node 'x"` }, /a ' does not end/, undefined, 10],
  ['an empty command', { annotations: 'mizzen.dev/command: ""' }, /it is empty, expected a program/, undefined, 10],
  [
    'an unknown engine',
    { annotations: 'mizzen.dev/engine: nginx' },
    /Cannot choose the data plane "nginx": expected "mizzen" or "envoy"/,
    undefined,
    10,
  ],
]
for (const [what, parts, message, fix, line] of problems) {
  test(`planWorkloads() tells of ${what} with its place, and goes on with the rest`, async () => {
    const other = deployment().replace('name: cart,', 'name: other,')
    const { workloads, unsound, diagnostics } = await plan(`${deployment(parts)}---${other}`)
    assert.deepEqual(
      workloads.map(({ key }) => key),
      ['Deployment shop/other'],
    )
    assert.deepEqual([...unsound], ['Deployment shop/cart'])
    const [problem, ...more] = diagnostics
    assert.deepEqual(more, [])
    assert.match(problem?.message ?? '', message)
    assert.deepEqual([problem?.file, problem?.line, problem?.resource], ['shop/mesh.yaml', line, 'Deployment shop/cart'])
    if (fix) assert.match(problem?.fix ?? '', fix)
  })
}
