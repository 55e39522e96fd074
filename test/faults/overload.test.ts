/**
 * More than the proxy can take: no file descriptors, very many idle connections, very many heads that never end. It may refuse, and must be
 * there again afterwards.
 *
 * usage: node test/faults/overload.test.ts --long    20,000 idle connections and 50,000 heads, in place of 1,500 and 3,000
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import net, { type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Engine } from '../proxy/engine.ts'
import { until } from './control-plane.ts'
import { OK, onHeads, serves, startGood, startProxy, startUpstream, type Upstream } from './one-proxy.ts'

const { values } = parseArgs({ options: { long: { type: 'boolean' } }, strict: false })
const IDLE = values.long === true ? 20_000 : 1500
const HEADS = values.long === true ? 50_000 : 3000
/** As many as this process can have at a time; the rest follow. */
const AT_ONCE = 1500
const DESCRIPTORS = 120

describe('overload', { skip: process.platform === 'linux' ? false : 'prlimit and /proc are Linux' }, () => {
  let upstream: Upstream
  let good: Upstream
  let proxy: Engine
  before(async () => {
    upstream = await startUpstream(socket => onHeads(socket, () => socket.write(OK)))
    good = await startGood()
    proxy = await startProxy(upstream, good)
  })
  after(async () => {
    for (const part of [proxy, upstream, good]) await part?.[Symbol.asyncDispose]()
  })
  const pid = () => String(proxy.child.pid)
  const port = () => proxy.ports[0] ?? 0
  const descriptors = () => readdirSync(`/proc/${pid()}/fd`).length
  const limit = (count: number) => execFileSync('prlimit', ['--pid', pid(), `--nofile=${count}:`])
  const open = () =>
    new Promise<Socket>(resolve => {
      const socket = net.connect(port(), '127.0.0.1')
      socket.on('error', () => {})
      socket.once('connect', () => resolve(socket))
      socket.once('close', () => resolve(socket))
    })
  const openAll = (count: number) => Promise.all(Array.from({ length: count }, open))

  it('without file descriptors, connections are closed or wait, and the proxy is there again when some are free', async () => {
    const before = descriptors()
    const limits = execFileSync('prlimit', ['--pid', pid(), '--nofile', '-o', 'SOFT', '--noheadings']).toString().trim()
    limit(DESCRIPTORS)
    const sockets = await openAll(3 * DESCRIPTORS)
    for (const socket of sockets) socket.write('GET /bad HTTP/1.1\r\nhost: shop.test\r\n\r\n')
    await sleep(300)
    assert.equal(proxy.child.exitCode, null)
    assert.ok(descriptors() < DESCRIPTORS + 5, `${descriptors()} are open`)
    for (const socket of sockets) socket.destroy()
    await until('descriptors are free again', () => descriptors() < DESCRIPTORS / 2)
    assert.ok(await serves(port()))
    limit(Number(limits))
    await until('nothing is left open', () => descriptors() <= before + 4)
  })

  it(`${IDLE} idle connections leave it responsive`, async () => {
    const sockets = await openAll(IDLE)
    const started = performance.now()
    assert.ok(await serves(port()))
    assert.ok(performance.now() - started < 2000)
    for (const socket of sockets) socket.destroy()
    await until('all are closed', () => descriptors() < 100)
  })

  it(`${HEADS} heads that never end do not keep others waiting`, async () => {
    for (let sent = 0; sent < HEADS; sent += AT_ONCE) {
      const sockets = await openAll(Math.min(AT_ONCE, HEADS - sent))
      for (const socket of sockets) socket.write(`GET /bad HTTP/1.1\r\nhost: shop.test\r\nx-slow: ${'a'.repeat(500)}`)
      assert.ok(await serves(port()))
      for (const socket of sockets) socket.destroy()
    }
    await until('all are closed', () => descriptors() < 100)
    assert.ok(await serves(port()))
    assert.equal(proxy.child.exitCode, null)
  })
})
