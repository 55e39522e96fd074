/** Real rules in a real network namespace: connections of an application arrive at the proxy, those of the proxy do not, and all is as before afterwards. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { applyCapture, removeCapture } from '../../src/kubernetes/capture/apply.ts'
import { inNamespace } from '../../src/kubernetes/capture/command.ts'
import { CAPTURE_DEFAULTS, type CaptureConfig } from '../../src/kubernetes/capture/config.ts'
import { cannotIsolate, PEER, POD, PodNamespace } from './namespace.ts'

const skip = cannotIsolate()
const APPLICATION = 1000
const PROXY = 1337
const ANYWHERE = { v4: '192.0.2.9', v6: '2001:db8::9' } as const

const config: CaptureConfig = {
  ...CAPTURE_DEFAULTS,
  inboundPorts: '*',
  excludedInboundPorts: ['15020'],
  outboundRanges: '*',
  excludedOutboundPorts: ['9999'],
  ipv6: true,
}

/** Rules without counters and comments. */
/** @param own what shows the rules of another tool */
function rulesOf(namespace: PodNamespace, ...own: readonly string[]): string {
  return ['iptables-save', 'ip6tables-save', 'ip rule show', 'ip -6 addr show dev lo', ...own]
    .map(command => namespace.run('pod', ...command.split(' ')))
    .join('')
    .replaceAll(/^#.*\n|^:.* \[.*\n|^\*.*\n|^COMMIT\n/gm, '')
    .replaceAll(/valid_lft.*\n/g, '')
}

for (const { tool, options } of [
  { tool: 'iptables', options: {} },
  { tool: 'iptables-legacy', options: { iptables: 'legacy' } },
  { tool: 'nft', options: { nftables: true } },
] as const) {
  const missing = skip || (spawnSync(tool, ['--version']).error !== undefined && `needs ${tool}`)
  describe(`capture by ${tool}`, { skip: missing }, () => {
    let pod: PodNamespace
    let untouched = ''
    const show = () => rulesOf(pod, ...(tool === 'nft' ? ['nft -s list ruleset'] : []))
    const apply = () => applyCapture(config, { ...options, run: inNamespace(pod.path) })

    before(async () => {
      pod = PodNamespace.make(tool.replace('iptables', 'ipt'))
      untouched = show()
      await pod.listen('pod', 'outbound:15001', 'inbound:15006', 'app:8080', 'status:15020')
      await pod.listen('outside', 'peer:7000', 'excluded:9999')
      apply()
    })
    after(() => pod?.remove())

    for (const family of ['v4', 'v6'] as const) {
      test(`leads the application's connections to the proxy (${family})`, () => {
        assert.equal(pod.connect('pod', APPLICATION, ANYWHERE[family], 80), 'outbound')
        assert.equal(pod.connect('pod', APPLICATION, PEER[family], 7000), 'outbound')
      })

      test(`leads connections from outside to the proxy, but those to its own ports (${family})`, () => {
        assert.equal(pod.connect('outside', APPLICATION, POD[family], 8080), 'inbound')
        assert.equal(pod.connect('outside', APPLICATION, POD[family], 15_020), 'status')
      })

      test(`leaves alone the proxy, excluded ports and loopback (${family})`, () => {
        assert.equal(pod.connect('pod', PROXY, PEER[family], 7000), 'peer')
        assert.equal(pod.connect('pod', APPLICATION, PEER[family], 9999), 'excluded')
        assert.equal(pod.connect('pod', APPLICATION, family === 'v4' ? '127.0.0.1' : '::1', 8080), 'app')
        assert.equal(pod.connect('pod', APPLICATION, POD[family], 8080), 'app')
      })

      test(`leads the proxy's calls of its own pod to inbound (${family})`, () => {
        assert.equal(pod.connect('pod', PROXY, POD[family], 8080), 'inbound')
      })
    }

    test('changes nothing when it is applied again', () => {
      const rules = show()
      apply()
      assert.equal(show(), rules)
    })

    test('leaves nothing behind when it is removed', () => {
      removeCapture(config, { ...options, run: inNamespace(pod.path) })
      assert.equal(show(), untouched)
      assert.equal(pod.connect('pod', APPLICATION, PEER.v4, 7000), 'peer')
      assert.equal(pod.connect('outside', APPLICATION, POD.v6, 8080), 'app')
    })
  })
}

const python = spawnSync('python3', ['--version']).error === undefined
describe('capture by TPROXY', { skip: skip || (!python && 'needs python3, for a transparent socket') }, () => {
  let pod: PodNamespace
  const transparent: CaptureConfig = { ...config, mode: 'TPROXY' }
  /** Answers with the addresses that a connection came with. */
  const LISTENER = `
import socket, sys
s = socket.socket(socket.AF_INET6)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.setsockopt(socket.IPPROTO_IP, 19, 1)
s.setsockopt(socket.IPPROTO_IPV6, 75, 1)
s.bind(('::', 15006)); s.listen()
print('ready', flush=True)
while True:
  c, a = s.accept()
  c.sendall((a[0].replace('::ffff:', '') + ' to ' + c.getsockname()[0].replace('::ffff:', '') + ' ' + str(c.getsockname()[1])).encode()); c.close()
`
  before(async () => {
    pod = PodNamespace.make('tproxy')
    await pod.start('pod', 1, 'python3', '-c', LISTENER)
    await pod.listen('pod', 'app:8080', 'outbound:15001')
    applyCapture(transparent, { run: inNamespace(pod.path) })
  })
  after(() => pod?.remove())

  for (const family of ['v4', 'v6'] as const) {
    test(`brings connections to the proxy with the addresses they came with (${family})`, () => {
      assert.equal(pod.connect('outside', APPLICATION, POD[family], 8080), `${PEER[family]} to ${POD[family]} 8080`)
      assert.equal(pod.connect('pod', APPLICATION, ANYWHERE[family], 80), 'outbound')
    })
  }

  test('leaves no rules nor routes behind', () => {
    removeCapture(transparent, { run: inNamespace(pod.path) })
    assert.doesNotMatch(rulesOf(pod), /ISTIO|1337/)
    assert.equal(pod.connect('outside', APPLICATION, POD.v4, 8080), 'app')
  })
})
