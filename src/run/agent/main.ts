/**
 * Entry of the agent: `node agent.js -c bootstrap.pb --identity FILE -- envoy ARGUMENTS` stands beside an Envoy, and is what
 * `mizzen proxy --engine envoy` calls; `node agent.js --grpc --identity FILE --socket PATH --certificates DIR --ready HOST:PORT` beside a gRPC
 * application without a proxy.
 */
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { readAgentConfig } from '../../identity/workload/agent-config.ts'
import { stderrLog } from '../../proxy/log.ts'
import { runAgent } from './agent.ts'

const FLAGS = {
  'config-path': { type: 'string', short: 'c' },
  identity: { type: 'string' },
  grpc: { type: 'boolean', default: false },
  socket: { type: 'string' },
  certificates: { type: 'string' },
  ready: { type: 'string' },
} as const

/** @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: FLAGS, allowPositionals: true })
    const { 'config-path': bootstrapFile, identity: identityFile, socket, certificates, ready } = values
    if (values.grpc) {
      if (identityFile === undefined || socket === undefined || certificates === undefined || ready === undefined)
        throw new Error(
          'Cannot run the agent: expected --grpc --identity FILE --socket PATH --certificates DIR --ready HOST:PORT',
        )
      return await runGrpcAgent({ identityFile, socket, certificates, ready })
    }
    const [program, ...rest] = positionals
    if (bootstrapFile === undefined || identityFile === undefined || program === undefined)
      throw new Error('Cannot run the agent: expected -c BOOTSTRAP --identity FILE -- ENVOY ARGUMENTS')
    return await runAgent({ bootstrapFile, identityFile, envoy: [program, ...rest] })
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

/** Where a proxy's admin endpoint would be: /ready tells whether the application can start. */
async function runGrpcAgent(options: {
  readonly identityFile: string
  readonly socket: string
  readonly certificates: string
  readonly ready: string
}): Promise<number> {
  const { GrpcAgent } = await import('./grpc-agent.ts')
  const { log } = stderrLog('warning')
  const { socket, certificates } = options
  const agent = new GrpcAgent({ identity: readAgentConfig(options.identityFile), socket, certificates, log })
  const server = createServer((request, response) => {
    const { notReady } = agent
    if (request.url !== '/ready') response.writeHead(404).end('there is no proxy here, only /ready\n')
    else if (notReady === undefined) response.end('LIVE\n')
    else response.writeHead(503).end(`${notReady}\n`)
  })
  const [, host = '127.0.0.1', port = '0'] = /^(.*):(\d+)$/.exec(options.ready) ?? []
  server.listen(Number(port), host)
  await new Promise<void>(resolve => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
  server.close()
  agent.close()
  return 0
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)))
