/** `mizzen request METHOD PATH`: one request to the proxy of this pod (Istio's `pilot-agent request`), for hooks and for looking around. */
import { localHttp } from '../run/pod/local-http.ts'
import { parseFlags, portNumber, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'

export const USAGE = `Usage: mizzen request [--debug-port PORT] GET|POST PATH

Asks the proxy of this pod, and prints the answer: "mizzen request GET config_dump", "mizzen request --debug-port 15020 POST drain".

      --debug-port PORT   of the proxy: 15000 for its admin endpoint, 15020 for the status of the pod (default 15000)
`

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags('request', args, { 'debug-port': { type: 'string', default: '15000' } }, 2)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const [method = '', path] = positionals
  if ((method !== 'GET' && method !== 'POST') || path === undefined)
    throw new UsageError('Cannot ask the proxy: expected GET or POST, and a path')
  const answer = await localHttp(method, portNumber('debug-port', values['debug-port']), path.startsWith('/') ? path : `/${path}`)
  io.stdout.write(answer.body)
  return answer.status < 400 ? EXIT.ok : EXIT.failed
}
