/** DNS for pods: answers for the mesh's names, and passes every other question on to other name servers. */
import { createSocket, type Socket } from 'node:dgram'
import { getServers } from 'node:dns'
import { isIP, isIPv4 } from 'node:net'
import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Packet,
  RECURSION_AVAILABLE,
  TRUNCATED_RESPONSE,
} from 'dns-packet'

/** Seconds: services come and go while one looks on. */
const TTL = 5
const UPSTREAM_MS = 3000
const NXDOMAIN = 3
const SERVFAIL = 2
/** Bytes that travel without being cut into packets. */
const DATAGRAM = 1232

/** @returns IP addresses, perhaps none; undefined: not the mesh's name */
export type LookUp = (name: string) => readonly string[] | undefined

export interface DnsServer {
  readonly port: number
  close(): void
}

/** @throws when the address cannot be listened on */
export async function serveDns(host: string, port: number, lookUp: LookUp, upstreams = systemServers()): Promise<DnsServer> {
  const socket = createSocket('udp4')
  socket.on('message', (message, { address, port: from }) => {
    void answer(message, lookUp, upstreams).then(reply => {
      if (reply) socket.send(fitted(reply), from, address)
    })
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(port, host, () => {
      socket.off('error', reject)
      socket.on('error', () => {})
      resolve()
    })
  })
  return { port: socket.address().port, close: () => socket.close() }
}

/** As much as a datagram takes that everybody can receive: the client asks again by TCP (RFC 1035, 4.2.1). */
function fitted(reply: Buffer): Buffer {
  if (reply.length <= DATAGRAM) return reply
  const { answers: _, additionals: __, ...rest } = decode(reply)
  return encode({ ...rest, flags: (rest.flags ?? 0) | TRUNCATED_RESPONSE })
}

/** @returns undefined for what is no question */
export async function answer(message: Buffer, lookUp: LookUp, upstreams: readonly string[]): Promise<Buffer | undefined> {
  let query: Packet
  try {
    query = decode(message)
  } catch {
    return undefined
  }
  const [question] = query.questions ?? []
  if (query.type !== 'query' || !question) return undefined
  const name = question.name.toLowerCase().replace(/\.$/, '')
  const addresses = lookUp(name)
  if (addresses === undefined) return (await passOn(message, upstreams)) ?? reply(query, SERVFAIL)
  if (addresses.length === 0 && question.type === 'A') return reply(query, NXDOMAIN)
  // Of other types there is nothing, which is not the same as no such name.
  const of = (family: 4 | 6) => addresses.filter(address => isIP(address) === family)
  const record = { name: question.name, ttl: TTL }
  const answers: Answer[] = []
  if (question.type === 'A') for (const data of of(4)) answers.push({ type: 'A', ...record, data })
  if (question.type === 'AAAA') for (const data of of(6)) answers.push({ type: 'AAAA', ...record, data })
  return encode({ ...head(query, 0), answers })
}

function reply(query: Packet, code: number): Buffer {
  return encode(head(query, code))
}

function head({ id, questions, flags = 0 }: Packet, code: number): Packet {
  const recursionDesired = flags & 0x0100
  return {
    ...(id === undefined ? {} : { id }),
    type: 'response',
    flags: AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | recursionDesired | code,
    ...(questions ? { questions } : {}),
  }
}

/** The question as it came, to one server after another. */
async function passOn(message: Buffer, upstreams: readonly string[]): Promise<Buffer | undefined> {
  for (const upstream of upstreams) {
    const reply = await ask(upstream, message)
    if (reply) return reply
  }
  return undefined
}

function ask(upstream: string, message: Buffer): Promise<Buffer | undefined> {
  const { host, port } = parseServer(upstream)
  return new Promise(resolve => {
    const socket: Socket = createSocket('udp4')
    const done = (reply: Buffer | undefined) => {
      clearTimeout(timer)
      socket.close()
      resolve(reply)
    }
    const timer = setTimeout(() => done(undefined), UPSTREAM_MS)
    socket.on('error', () => done(undefined))
    socket.on('message', done)
    socket.send(message, port, host)
  })
}

function parseServer(server: string): { host: string; port: number } {
  const [host = '', port = '53'] = server.split(':')
  return { host, port: Number(port) }
}

function systemServers(): string[] {
  return getServers().filter(server => isIPv4(server.split(':')[0] ?? ''))
}
