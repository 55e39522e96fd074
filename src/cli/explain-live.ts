/** `mizzen explain request ID` and `mizzen explain last-error`: what a running mesh did with a request, and which line to change. */
import type { LastError, RequestStory } from '../run/dashboard/view/request-views.ts'
import { painter } from '../run/laptop/console/paint.ts'
import { oneOf, parseFlags, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { lastErrorText, storyText } from './request-text.ts'
import { runningMesh } from './running-mesh.ts'

export const USAGE = `Usage: mizzen explain request ID [DIR] [-o json]
       mizzen explain last-error [DIR] [-o json]

What the mesh of DIR did with a request: every hop, every decision with its file and line, and where it failed whose fault that is and what to
change. ID is the request's x-request-id. last-error finds the latest failure and follows it to where it began. Proxies remember their last
256 requests, and their last 256 that failed.

  -o, --output json   {hops: [...]}, or {chain: [...]} for last-error
`

/** Exit code 1: nothing is known of it, or nothing has failed. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const [verb = '', ...rest] = args
  const { values, positionals } = parseFlags(`explain ${verb}`, rest, { output: { type: 'string', short: 'o' } }, 2)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const asJson = values.output !== undefined && oneOf('output', values.output, ['json']) === 'json'
  const paint = painter(io.stdout, io.env)
  if (verb === 'last-error') {
    const found = await runningMesh(positionals[0], io).get<LastError>('/api/last-error')
    io.stdout.write(asJson ? `${JSON.stringify(found, null, 2)}\n` : lastErrorText(found, paint))
    return found.chain.length > 0 ? EXIT.ok : EXIT.failed
  }
  const [id] = positionals
  if (id === undefined) throw new UsageError('Cannot explain a request without its id: expected ID (its x-request-id)')
  const story = await runningMesh(positionals[1], io).get<RequestStory>(`/api/request?id=${encodeURIComponent(id)}`)
  io.stdout.write(asJson ? `${JSON.stringify(story, null, 2)}\n` : storyText(story, paint))
  return EXIT.ok
}
