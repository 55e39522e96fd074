import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { originWithoutFile } from '../../api/object.ts'
import { readObject } from '../../api/read.ts'
import { Store } from '../../source/store.ts'
import { compile } from '../mesh.ts'

const INGRESS = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: shop}
spec: {ingressClassName: istio, defaultBackend: {service: {name: web, port: {number: 80}}}}
`
const gateway = (status: string) => `
apiVersion: v1
kind: Service
metadata: {name: istio-ingressgateway, namespace: istio-system}
spec: {ports: [{port: 80}], externalIPs: [192.0.2.9]}
status: {loadBalancer: {ingress: [${status}]}}
`

function statusesOf(...yaml: readonly string[]) {
  const store = new Store()
  store.source().publish(
    yaml.map(text => {
      const { object, findings } = readObject(parseAllDocuments(text)[0]?.toJS(), originWithoutFile('test'))
      assert.ok(object, JSON.stringify(findings))
      return object
    }),
  )
  return compile(store.snapshot().objects).statuses.map(({ object, loadBalancer }) => [object.name, loadBalancer])
}

test("compile() gives an Ingress of ours the addresses of the ingress gateway's Service, and none while it has none", () => {
  const given = gateway('{ip: 192.0.2.1}, {hostname: a.example}')
  const addresses = [{ ip: '192.0.2.1' }, { hostname: 'a.example' }, { ip: '192.0.2.9' }]
  assert.deepEqual(statusesOf(INGRESS, given), [['shop', { ingress: addresses }]])
  assert.deepEqual(statusesOf(INGRESS), [])
  assert.deepEqual(statusesOf(INGRESS.replace('istio', 'nginx'), given), [])
})
