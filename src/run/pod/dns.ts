/**
 * DNS of a pod whose questions are captured (ISTIO_META_DNS_CAPTURE): answers for the mesh's names, by UDP and by TCP, and passes every other question on
 * to the servers of resolv.conf.
 */
import { getServers } from 'node:dns'
import { readFileSync } from 'node:fs'
import { connect, createServer, isIPv4, type Server, type Socket } from 'node:net'
import type { Log } from '../../proxy/context.ts'
import type { FollowNames } from '../agent/trust-stream.ts'
import { answer, type LookUp, serveDns } from '../laptop/isolate/dns/server.ts'
import { DnsNames } from './dns-names.ts'

const DNS = 53
const LOOPBACK = '127.0.0.1'
const UPSTREAM_MS = 5000

export interface Resolver {
  /** IPv4, "10.96.0.10" or "10.96.0.10:53". */
  readonly servers: readonly string[]
  readonly searchDomains: readonly string[]
}

export interface PodDns {
  readonly port: number
  readonly onNames: FollowNames
  close(): void
}

/** What resolv.conf says. */
export function systemResolver(file = '/etc/resolv.conf'): Resolver {
  let search = ''
  try {
    search = /^search\s+(.*)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? ''
  } catch {
    // Then every name is asked for in full.
  }
  return { servers: getServers().filter(isIPv4), searchDomains: search.split(/\s+/).filter(Boolean) }
}

/** @throws (rejects) when the port is taken */
export async function answerDns(port: number, { servers, searchDomains }: Resolver, log: Log): Promise<PodDns> {
  const names = new DnsNames(searchDomains)
  const lookUp: LookUp = name => names.lookUp(name)
  const udp = await serveDns(LOOPBACK, port, lookUp, [...servers])
  const tcp = await serveTcp(udp.port, lookUp, servers)
  log('info', 'dns', `answers DNS questions; passes those for other names on to ${servers.join(', ') || 'nobody'}`)
  return {
    port: udp.port,
    onNames: update => names.apply(update),
    close() {
      udp.close()
      tcp.close()
    },
  }
}

/** RFC 7766: each message behind its length, two bytes. */
function serveTcp(port: number, lookUp: LookUp, servers: readonly string[]): Promise<Server> {
  const server = createServer(client => {
    client.on('error', () => client.destroy())
    onMessages(client, async message => {
      // A question that is not for us goes on by TCP as well: its answer may be too long for a datagram.
      const reply = (await answer(message, lookUp, [])) ?? undefined
      const known = reply !== undefined && !isServerFailure(reply)
      const far = known ? reply : await askByTcp(servers[0], message)
      if (far !== undefined && !client.destroyed) client.write(framed(far))
      else client.destroy()
    })
  })
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen(port, LOOPBACK, () => resolve(server))
  })
}

const SERVFAIL = 2

function isServerFailure(reply: Buffer): boolean {
  return ((reply[3] ?? 0) & 15) === SERVFAIL
}

function askByTcp(upstream: string | undefined, message: Buffer): Promise<Buffer | undefined> {
  if (upstream === undefined) return Promise.resolve(undefined)
  const [host = '', port = String(DNS)] = upstream.split(':')
  return new Promise(resolve => {
    const far = connect({ host, port: Number(port), timeout: UPSTREAM_MS }, () => far.write(framed(message)))
    const done = (reply: Buffer | undefined) => {
      far.destroy()
      resolve(reply)
    }
    far.on('timeout', () => done(undefined))
    far.on('error', () => done(undefined))
    far.on('close', () => done(undefined))
    onMessages(far, done)
  })
}

function onMessages(socket: Socket, take: (message: Buffer) => void): void {
  let buffer = Buffer.alloc(0)
  socket.on('data', chunk => {
    buffer = Buffer.concat([buffer, chunk])
    while (buffer.length >= 2 && buffer.length >= 2 + buffer.readUInt16BE(0)) {
      const length = buffer.readUInt16BE(0)
      take(buffer.subarray(2, 2 + length))
      buffer = buffer.subarray(2 + length)
    }
  })
}

function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}
