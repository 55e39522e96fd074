/**
 * What mizzen costs on a cluster, measured on the one of $KUBECONFIG, whose Services must be reachable from here (../shared/cluster): from install
 * to ready, from the start of a sidecar to its readiness, memory of the control plane with the shop, from `kubectl apply` of a VirtualService until
 * the gateway does what it says. Prints one line a figure, with what issue 9 asks for.
 *
 * usage: node bench/kubernetes.ts   (installs, and takes away what it installed)
 */
import { execFileSync } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { listAt, textAt } from '../src/kubernetes/client/raw-object.ts'
import { apply, get, kubectl, mizzen, pods, untilRolledOut } from '../test/kubernetes/cluster/cluster.ts'
import { imageFlags, images } from '../test/kubernetes/cluster/images.ts'

const CHANGES = 30
const SMALL = ['--set', 'global.proxy.resources.requests.cpu=10m', '--set', 'pilot.resources.requests.cpu=50m']

const tag = await images()
try {
  const begun = performance.now()
  await mizzen('install', ...imageFlags(tag), ...SMALL)
  report('install to ready', (performance.now() - begun) / 1000, 's', 60)
  await kubectl('apply', '-f', 'examples/shop')
  await untilRolledOut('shop', 300)
  await sidecars()
  await changes()
  await memory()
} finally {
  await kubectl('delete', 'namespace', 'shop', 'outside', '--ignore-not-found')
  await mizzen('uninstall', '--revision', 'default', '--yes')
}

function report(name: string, value: number, unit: string, limit: number): void {
  console.log(`${name.padEnd(44)} ${value.toFixed(1).padStart(8)} ${unit} ${`(at most ${limit})`.padStart(14)}`)
}

/** One pod alone: a whole shop that starts at once would measure the node. */
async function sidecars(): Promise<void> {
  const times: number[] = []
  for (let run = 0; run < 5; run++) {
    const [old] = await pods('shop', 'app=cart')
    await kubectl('delete', 'pod', '-n', 'shop', textAt(old, 'metadata', 'name'), '--grace-period=1')
    await untilRolledOut('shop')
    const [pod] = await pods('shop', 'app=cart')
    const sidecar = listAt(pod, 'status', 'initContainerStatuses').find(each => textAt(each, 'name') === 'istio-proxy')
    // The application's container starts when the sidecar has passed its startup probe.
    const application = listAt(pod, 'status', 'containerStatuses')[0]
    const at = (status: unknown) => Date.parse(textAt(status, 'state', 'running', 'startedAt'))
    times.push((at(application) - at(sidecar)) / 1000)
  }
  report('sidecar ready after its start, median (1 s steps)', times.sort((a, b) => a - b)[2] ?? Number.NaN, 's', 3)
}

async function changes(): Promise<void> {
  const address = textAt(await get('service', 'istio-ingressgateway', '-n', 'istio-system'), 'spec', 'clusterIP')
  const times: number[] = []
  for (let version = 1; version <= CHANGES; version++) {
    await apply(route(String(version)))
    const applied = performance.now()
    while ((await versionOf(address)) !== String(version)) await delay(5)
    times.push(performance.now() - applied)
  }
  times.sort((a, b) => a - b)
  report('VirtualService applied to live, median', times[Math.floor(CHANGES / 2)] ?? Number.NaN, 'ms', 1000)
  report('VirtualService applied to live, p95', times[Math.ceil(CHANGES * 0.95) - 1] ?? Number.NaN, 'ms', 1000)
}

async function versionOf(address: string): Promise<string | null> {
  const answer = await fetch(`http://${address}/`)
  await answer.arrayBuffer()
  return answer.headers.get('x-version')
}

function route(version: string): unknown {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'storefront', namespace: 'shop' },
    spec: {
      hosts: ['*'],
      gateways: ['shop'],
      http: [
        {
          headers: { response: { set: { 'x-version': version } } },
          route: [{ destination: { host: 'storefront', port: { number: 80 } } }],
        },
      ],
    },
  }
}

/** Resident memory of each replica's process, as the node's kernel says. */
async function memory(): Promise<void> {
  for (const pod of await pods('istio-system', 'app=istiod')) {
    const name = textAt(pod, 'metadata', 'name')
    const status = execFileSync('kubectl', ['exec', '-n', 'istio-system', name, '--', 'cat', '/proc/1/status'], {
      encoding: 'utf8',
    })
    report(`control plane ${name}`, Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024, 'MB', 150)
  }
}
