/** `mizzen control-plane PATH...` */
import { painter, wantsColour } from '../run/laptop/console/paint.ts'
import { runControlPlane } from '../run/standalone.ts'
import { formatDiagnostic } from '../source/format.ts'
import type { ListenAddress } from '../xds/server/grpc.ts'
import type { ServerEvent } from '../xds/server/server-event.ts'
import { parseFlags, portNumber, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { untilSignal } from './until-signal.ts'

export const USAGE = `Usage: mizzen control-plane PATH...

Serves the configuration in files and directories to proxies over xDS (ADS, delta and state of the world), and follows every edit.

      --xds ADDRESS      where proxies connect: HOST:PORT or unix:/PATH; may be given several times (default 127.0.0.1:15010)
      --status ADDRESS   the page of who has what: HOST:PORT (default 127.0.0.1:15014, or the next free port)

Without TLS: on an address that others reach, whoever can connect can read the configuration.
`

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags('control-plane', args, {
    xds: { type: 'string', multiple: true, default: ['127.0.0.1:15010'] },
    status: { type: 'string', default: '127.0.0.1:15014' },
  })
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  if (positionals.length === 0)
    throw new UsageError('Cannot run "mizzen control-plane": expected at least one PATH of configuration')
  const colour = wantsColour(io.stdout, io.env)
  const paint = painter(io.stdout, io.env)
  const say = (text: string) => io.stdout.write(`${text}\n`)
  await runControlPlane({
    paths: positionals,
    cwd: io.cwd,
    listen: values.xds.map(address => listenAddress('xds', address)),
    status: tcpAddress('status', values.status),
    end: untilSignal(),
    onReady(addresses, url) {
      for (const address of addresses)
        say(`serves xDS on ${'path' in address ? `unix:${address.path}` : `${address.host}:${address.port}`}`)
      say(`status page on ${url}`)
    },
    onDiagnostics(appeared) {
      for (const diagnostic of appeared) say(formatDiagnostic(diagnostic, { colour }))
    },
    onServerEvent(event) {
      const line = words(event)
      if (line) say(event.kind === 'nacked' ? paint(line, 'red') : line)
    },
    onRollout({ proxies, tookMs }) {
      if (proxies.length > 0) say(paint(`a change is live on ${proxies.length} proxies in ${Math.round(tookMs)} ms`, 'green'))
    },
  })
  return EXIT.ok
}

function words(event: ServerEvent): string | undefined {
  if (event.kind === 'connected' || event.kind === 'disconnected')
    return `${event.node || 'a proxy that did not say its name'} ${event.kind}`
  if (event.kind === 'nacked') return `${event.node} refused ${event.resources.join(', ') || event.type}: ${event.detail}`
  return event.kind === 'source-failed' ? `Cannot make the configuration of ${event.node}: ${String(event.error)}` : undefined
}

function listenAddress(flag: string, text: string): ListenAddress {
  return text.startsWith('unix:') ? { path: text.slice('unix:'.length) } : tcpAddress(flag, text)
}

/** "127.0.0.1:15010", "[::1]:15010". */
function tcpAddress(flag: string, text: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (host === undefined || port === undefined)
    throw new UsageError(`Cannot use --${flag} "${text}": expected HOST:PORT${flag === 'xds' ? ' or unix:/PATH' : ''}`)
  return { host, port: port === '0' ? 0 : portNumber(flag, port) }
}
