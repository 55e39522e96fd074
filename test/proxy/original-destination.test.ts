/**
 * Connections that iptables redirected go to the listener of the address they were meant for. In a network namespace of its own.
 */
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import type { JsonValue } from '../../src/xds/wire/json.ts'
import { bootstrap, cluster, connectionManager, listener, tcpProxy } from './bootstrap.ts'

type Json = { [name: string]: JsonValue }

const main = path.resolve(import.meta.dirname, '../../src/proxy/main.ts')

function unavailable(): string | false {
  if (process.platform !== 'linux') return 'iptables is Linux only'
  if (process.getuid?.() !== 0) return 'a network namespace needs root'
  try {
    execFileSync('unshare', ['-n', 'iptables', '-t', 'nat', '-L'], { stdio: 'ignore' })
    return false
  } catch {
    return 'this machine lets no iptables rules be made'
  }
}

function at(address: string, port: number, found: Json): Json {
  return { ...found, address: { socketAddress: { address, portValue: port } } }
}

function named(name: string, port: number): Json {
  const manager = connectionManager([{ match: { prefix: '/' }, directResponse: { status: 200, body: { inlineString: name } } }], {
    accessLog: [],
  })
  return { ...listener(name, port, manager), bindToPort: false }
}

/** Asks each address in turn, and prints what it says. The proxy's own connections are told by their group, as Istio does. */
const SCRIPT = `
ip link set lo up; ip addr add 10.0.0.5/32 dev lo; ip addr add 10.0.0.6/32 dev lo
iptables -t nat -A OUTPUT -p tcp -m owner ! --gid-owner 1337 -m multiport --dports 80,81,82 -j REDIRECT --to-ports 15001
"$NODE" -e "require('http').createServer((_, answer) => answer.end('direct')).listen(82, '10.0.0.6')" & server=$!
setpriv --regid 1337 --clear-groups "$NODE" "$MAIN" -c "$BOOTSTRAP" -l warning & proxy=$!
"$NODE" -e "
const ask = async url => { try { return await (await fetch(url)).text() } catch { return 'refused' } }
const wait = async () => { while ((await ask('http://127.0.0.1:15000/ready')) !== 'LIVE\\n') await new Promise(next => setTimeout(next, 50)) }
wait().then(async () => {
  const answers = {}
  for (const address of ['10.0.0.5:80', '10.0.0.6:81', '10.0.0.6:82', '127.0.0.1:15001']) answers[address] = await ask('http://' + address)
  console.log(JSON.stringify(answers))
})"
kill $proxy $server`

test('a redirected connection is handed to the listener of its address, of its port, or stays', {
  skip: unavailable(),
}, async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'mizzen-redirected-'))
  try {
    const capture = {
      ...listener('virtualOutbound', 15001, tcpProxy({ cluster: 'PassthroughCluster' })),
      useOriginalDst: true,
      listenerFilters: [
        {
          name: 'o',
          typedConfig: { '@type': 'type.googleapis.com/envoy.extensions.filters.listener.original_dst.v3.OriginalDst' },
        },
      ],
    }
    const listeners = [
      at('0.0.0.0', 15001, capture),
      at('10.0.0.5', 80, named('by address', 80)),
      at('0.0.0.0', 81, named('by port', 81)),
    ]
    const passthrough = {
      ...cluster('PassthroughCluster', []),
      type: 'ORIGINAL_DST',
      lbPolicy: 'CLUSTER_PROVIDED',
      loadAssignment: null,
    }
    const file = path.join(folder, 'bootstrap.json')
    await writeFile(file, JSON.stringify(bootstrap(15000, listeners, [passthrough])))
    const env = { ...process.env, NODE: process.execPath, MAIN: main, BOOTSTRAP: file }
    const { stdout } = await promisify(execFile)('unshare', ['-n', 'sh', '-c', SCRIPT], { env, timeout: 20_000 })
    assert.deepEqual(JSON.parse(stdout), {
      '10.0.0.5:80': 'by address',
      '10.0.0.6:81': 'by port',
      '10.0.0.6:82': 'direct',
      // Nobody redirected it, so it belongs to no one.
      '127.0.0.1:15001': 'refused',
    })
  } finally {
    await rm(folder, { recursive: true })
  }
})
