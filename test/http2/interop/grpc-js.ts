/** grpc-js as client and server of gRPC's interoperability cases. */
import assert from 'node:assert/strict'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as grpc from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'

const proto = loadSync(path.join(import.meta.dirname, 'test.proto'), { keepCase: true, defaults: true })
const { TestService, UnimplementedService } = (
  grpc.loadPackageDefinition(proto)['grpc'] as unknown as { testing: Record<string, grpc.ServiceClientConstructor> }
).testing as { TestService: grpc.ServiceClientConstructor; UnimplementedService: grpc.ServiceClientConstructor }

interface Payload {
  readonly type: number
  readonly body: Buffer
}
interface EchoStatus {
  readonly code: number
  readonly message: string
}
interface SimpleRequest {
  readonly response_size: number
  readonly payload: Payload | null
  readonly response_status: EchoStatus | null
}
interface StreamRequest {
  readonly response_parameters: readonly { readonly size: number; readonly interval_us: number }[]
  readonly response_status: EchoStatus | null
}
interface Reply {
  readonly payload: Payload
}

const INITIAL = 'x-grpc-test-echo-initial'
const TRAILING = 'x-grpc-test-echo-trailing-bin'
const payload = (size: number): Payload => ({ type: 0, body: Buffer.alloc(size) })

// ---- the server

/** @returns its port and what ends it */
export async function startTestServer(credentials: grpc.ServerCredentials): Promise<{ port: number; close(): void }> {
  const server = new grpc.Server()
  const echo = (call: { metadata: grpc.Metadata; sendMetadata(metadata: grpc.Metadata): void }) => {
    const [initial] = call.metadata.get(INITIAL)
    if (initial !== undefined) {
      const head = new grpc.Metadata()
      head.set(INITIAL, initial)
      call.sendMetadata(head)
    }
    const trailers = new grpc.Metadata()
    for (const value of call.metadata.get(TRAILING)) trailers.set(TRAILING, value)
    return trailers
  }
  const told = ({ code, message }: EchoStatus) => ({ code, details: message })
  const answer = async (stream: { write(reply: Reply): boolean }, { response_parameters }: StreamRequest) => {
    for (const { size, interval_us } of response_parameters) {
      if (interval_us > 0) await sleep(interval_us / 1000)
      stream.write({ payload: payload(size) })
    }
  }
  server.addService(TestService.service, {
    EmptyCall: (_call: unknown, done: grpc.sendUnaryData<object>) => done(null, {}),
    UnaryCall(call: grpc.ServerUnaryCall<SimpleRequest, Reply>, done: grpc.sendUnaryData<Reply>) {
      const trailers = echo(call)
      const { response_status: status, response_size: size } = call.request
      if (status && status.code !== 0) done({ ...told(status), metadata: trailers })
      else done(null, { payload: payload(size) }, trailers)
    },
    async StreamingOutputCall(call: grpc.ServerWritableStream<StreamRequest, Reply>) {
      await answer(call, call.request)
      call.end()
    },
    StreamingInputCall(call: grpc.ServerReadableStream<{ payload: Payload }, object>, done: grpc.sendUnaryData<object>) {
      let sum = 0
      call.on('data', ({ payload }: { payload: Payload }) => {
        sum += payload.body.length
      })
      call.on('error', () => {})
      call.on('end', () => done(null, { aggregated_payload_size: sum }))
    },
    FullDuplexCall(call: grpc.ServerDuplexStream<StreamRequest, Reply>) {
      const trailers = echo(call)
      let work = Promise.resolve()
      call.on('data', (request: StreamRequest) => {
        const { response_status: status } = request
        if (status && status.code !== 0) call.emit('error', { ...told(status), metadata: trailers })
        else work = work.then(() => answer(call, request))
      })
      call.on('error', () => {})
      call.on('end', () => void work.then(() => call.end(trailers)))
    },
  })
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound))),
  )
  return { port, close: () => server.forceShutdown() }
}

// ---- the client

/** Runs all cases, one after the other. @param serverName in the server's certificate @returns the names of those that held @throws (rejects) at the first that does not */
export async function runCases(target: string, credentials: grpc.ChannelCredentials, serverName: string): Promise<string[]> {
  const options = { 'grpc.enable_http_proxy': 0, 'grpc.ssl_target_name_override': serverName }
  const client = new TestService(target, credentials, options)
  const stranger = new UnimplementedService(target, credentials, options)
  try {
    for (const [name, run] of Object.entries(CASES)) {
      await run(client, stranger).catch(error => {
        throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`)
      })
    }
    return Object.keys(CASES)
  } finally {
    client.close()
    stranger.close()
  }
}

type Case = (client: grpc.Client, stranger: grpc.Client) => Promise<void>

const CASES: Readonly<Record<string, Case>> = {
  async empty_unary(client) {
    assert.equal((await unary(client, 'EmptyCall', {})).code, grpc.status.OK)
  },
  async large_unary(client) {
    const { reply } = await unary(client, 'UnaryCall', { response_size: 314_159, payload: payload(271_828) })
    assert.equal((reply as Reply).payload.body.length, 314_159)
  },
  async client_streaming(client) {
    const { path, requestSerialize, responseDeserialize } = method('StreamingInputCall')
    const sum = await new Promise((resolve, reject) => {
      const done = (error: Error | null, reply?: { aggregated_payload_size: number }) =>
        error ? reject(error) : resolve(reply?.aggregated_payload_size)
      const stream = client.makeClientStreamRequest(path, requestSerialize, responseDeserialize, done)
      for (const size of SENT) stream.write({ payload: payload(size) })
      stream.end()
    })
    assert.equal(sum, 74_922)
  },
  async server_streaming(client) {
    const { path, requestSerialize, responseDeserialize } = method('StreamingOutputCall')
    const request = { response_parameters: RECEIVED.map(size => ({ size })) }
    const stream = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request)
    const { sizes, status } = await heard(stream)
    assert.deepEqual([sizes, status.code], [RECEIVED, grpc.status.OK])
  },
  async ping_pong(client) {
    const stream = duplex(client)
    const outcome = heard(stream, i => {
      if (i < SENT.length) stream.write({ response_parameters: [{ size: RECEIVED[i] }], payload: payload(SENT[i] ?? 0) })
      else stream.end()
    })
    const { sizes, status } = await outcome
    assert.deepEqual([sizes, status.code], [RECEIVED, grpc.status.OK])
  },
  async empty_stream(client) {
    const stream = duplex(client)
    stream.end()
    const { sizes, status } = await heard(stream)
    assert.deepEqual([sizes, status.code], [[], grpc.status.OK])
  },
  async cancel_after_begin(client) {
    const { path, requestSerialize, responseDeserialize } = method('StreamingInputCall')
    const stream = client.makeClientStreamRequest(path, requestSerialize, responseDeserialize, () => {})
    const status = new Promise<grpc.StatusObject>(resolve => stream.on('status', resolve))
    stream.cancel()
    assert.equal((await status).code, grpc.status.CANCELLED)
  },
  async cancel_after_first_response(client) {
    const stream = duplex(client)
    const outcome = heard(stream, i => {
      if (i === 0) stream.write({ response_parameters: [{ size: 31_415 }], payload: payload(27_182) })
      else stream.cancel()
    })
    const { sizes, status } = await outcome
    assert.deepEqual([sizes, status.code], [[31_415], grpc.status.CANCELLED])
  },
  async timeout_on_sleeping_server(client) {
    const stream = duplex(client, new grpc.Metadata(), { deadline: Date.now() + 1 })
    stream.write({ payload: payload(27_182) })
    assert.equal((await heard(stream)).status.code, grpc.status.DEADLINE_EXCEEDED)
  },
  async custom_metadata(client) {
    const metadata = () => {
      const made = new grpc.Metadata()
      made.set(INITIAL, 'test_initial_metadata_value')
      made.set(TRAILING, Buffer.from([0xab, 0xab, 0xab]))
      return made
    }
    const one = await unary(client, 'UnaryCall', { response_size: 1, payload: payload(1) }, metadata())
    const stream = duplex(client, metadata())
    stream.write({ response_parameters: [{ size: 1 }], payload: payload(1) })
    stream.end()
    const two = await heard(stream)
    for (const { head, status } of [one, { head: two.head, status: two.status }]) {
      assert.deepEqual(head?.get(INITIAL), ['test_initial_metadata_value'])
      assert.deepEqual(status.metadata.get(TRAILING), [Buffer.from([0xab, 0xab, 0xab])])
    }
  },
  async status_code_and_message(client) {
    await echoesStatus(client, 'test status message')
  },
  async special_status_message(client) {
    await echoesStatus(client, '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n')
  },
  async unimplemented_method(client) {
    assert.equal((await unary(client, 'UnimplementedCall', {})).code, grpc.status.UNIMPLEMENTED)
  },
  async unimplemented_service(_client, stranger) {
    const definition = UnimplementedService.service['UnimplementedCall']
    assert.equal((await unary(stranger, 'UnimplementedCall', {}, undefined, definition)).code, grpc.status.UNIMPLEMENTED)
  },
}

const SENT = [27_182, 8, 1828, 45_904]
const RECEIVED = [31_415, 9, 2653, 58_979]

async function echoesStatus(client: grpc.Client, message: string): Promise<void> {
  const response_status = { code: 2, message }
  const one = await unary(client, 'UnaryCall', { response_status })
  const stream = duplex(client)
  stream.write({ response_status })
  stream.end()
  const { status } = await heard(stream)
  for (const { code, details } of [one.status, status]) assert.deepEqual([code, details], [2, message])
}

type Definition = grpc.ServiceDefinition[string]

function method(name: string): Definition {
  const definition = TestService.service[name]
  if (!definition) throw new Error(`test.proto has no ${name}`)
  return definition
}

interface UnaryOutcome {
  readonly code: grpc.status
  readonly reply: unknown
  readonly head: grpc.Metadata | undefined
  readonly status: grpc.StatusObject
}

function unary(
  client: grpc.Client,
  name: string,
  request: object,
  metadata = new grpc.Metadata(),
  definition = method(name),
): Promise<UnaryOutcome> {
  const { path, requestSerialize, responseDeserialize } = definition ?? method(name)
  return new Promise(resolve => {
    let reply: unknown
    let head: grpc.Metadata | undefined
    const done = (_error: unknown, value: unknown) => {
      reply = value
    }
    const call = client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, metadata, done)
    call.on('metadata', found => {
      head = found
    })
    // The status comes after the callback.
    call.on('status', status => setImmediate(() => resolve({ code: status.code, reply, head, status })))
  })
}

function duplex(client: grpc.Client, metadata = new grpc.Metadata(), options: grpc.CallOptions = {}) {
  const { path, requestSerialize, responseDeserialize } = method('FullDuplexCall')
  return client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata, options)
}

interface StreamOutcome {
  readonly sizes: number[]
  readonly head: grpc.Metadata | undefined
  readonly status: grpc.StatusObject
}

/** @param next is called with 0 at once, and with the number of replies at each */
function heard(
  stream: grpc.ClientReadableStream<unknown> | grpc.ClientDuplexStream<unknown, unknown>,
  next: (replies: number) => void = () => {},
): Promise<StreamOutcome> {
  return new Promise(resolve => {
    const sizes: number[] = []
    let head: grpc.Metadata | undefined
    stream.on('metadata', found => {
      head = found
    })
    stream.on('data', (reply: Reply) => {
      sizes.push(reply.payload.body.length)
      next(sizes.length)
    })
    stream.on('error', () => {})
    stream.on('status', status => resolve({ sizes, head, status }))
    next(0)
  })
}
