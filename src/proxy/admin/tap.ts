/**
 * `/tap`: requests as they end, one JSON story (telemetry/story.ts) a line, until the reader goes away. `rate` (stories a second, 100 unless
 * told) and a slow reader limit what is sent; a line `{"skipped": 12}` says how many were left out, at most once a second.
 */
import { HeaderList } from '../http/headers.ts'
import type { RequestHead, ServerStream, StreamHandler } from '../http/stream.ts'
import type { Recorder, Tap } from '../telemetry/recorder.ts'
import type { Story } from '../telemetry/story.ts'
import { type StoryFilter, storyFilter } from '../telemetry/story-filter.ts'

export const TAP_PATH = '/tap'
export const TAP_HELP =
  'Requests as they end, a line each (?failed ?status=5xx ?method= ?path= ?authority= ?to= ?from= ?side= ?id= ?rate=100)'

const RATE = 100

/** @returns who hears of the reader's end */
export function tapStream(recorder: Recorder, stream: ServerStream, head: RequestHead): StreamHandler {
  const query = new URLSearchParams(head.path.split('?', 2)[1] ?? '')
  let filter: StoryFilter
  let rate: number
  try {
    filter = storyFilter(query, ['rate'])
    rate = Number(query.get('rate') ?? RATE)
    if (!(rate > 0)) throw new Error(`Cannot tap: rate "${query.get('rate')}", expected a number above 0`)
  } catch (error) {
    const message = Buffer.from(`${error instanceof Error ? error.message : String(error)}\n`)
    stream.respond({ status: 400, headers: new HeaderList(['content-type', 'text/plain; charset=UTF-8']) }, false)
    stream.write(message, true)
    return IGNORED
  }
  const tap = new TapStream(stream, filter, rate)
  stream.respond(
    { status: 200, headers: new HeaderList(['content-type', 'application/x-ndjson', 'cache-control', 'no-cache']) },
    false,
  )
  // Readers learn by it that they are attached.
  stream.write(Buffer.from('\n'), false)
  tap.ended = recorder.tap(tap)
  return tap
}

class TapStream implements Tap, StreamHandler {
  readonly filter: StoryFilter
  ended: () => void = () => {}
  readonly #stream: ServerStream
  readonly #rate: number
  #left: number
  #second = 0
  #skipped = 0
  #room = true

  constructor(stream: ServerStream, filter: StoryFilter, rate: number) {
    this.#stream = stream
    this.filter = filter
    this.#rate = rate
    this.#left = rate
  }

  ready(): boolean {
    const second = Math.floor(performance.now() / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#left = this.#rate
      if (this.#skipped > 0 && this.#room) {
        this.#write({ skipped: this.#skipped })
        this.#skipped = 0
      }
    }
    if (this.#room && this.#left > 0) return true
    this.#skipped++
    return false
  }

  told(story: Story): void {
    this.#left--
    this.#write(story)
  }

  #write(line: unknown): void {
    this.#room = this.#stream.write(Buffer.from(`${JSON.stringify(line)}\n`), false)
  }

  onWritable(): void {
    this.#room = true
  }

  onReset(): void {
    this.ended()
  }

  onData(): void {}
  onTrailers(): void {}
}

const IGNORED: StreamHandler = { onData() {}, onTrailers() {}, onReset() {}, onWritable() {} }
