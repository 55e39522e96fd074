/** The server's events, to be waited for. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerEvent } from '../../src/xds/server/server-event.ts'

type Kind = ServerEvent['kind']
type EventOf<K extends Kind> = Extract<ServerEvent, { kind: K }>

const PATIENCE_MS = 20_000

export class EventLog {
  readonly events: ServerEvent[] = []
  #waiting: { check(): void }[] = []

  readonly onEvent = (event: ServerEvent): void => {
    this.events.push(event)
    for (const waiter of [...this.#waiting]) waiter.check()
  }

  /** A place in the log, to be given to `next` and `since`. */
  get now(): number {
    return this.events.length
  }

  since<K extends Kind>(from: number, kind: K): EventOf<K>[] {
    return this.events.slice(from).filter((event): event is EventOf<K> => event.kind === kind)
  }

  /** The first such event after `from`, which may have been already. */
  async next<K extends Kind>(from: number, kind: K, matches: (event: EventOf<K>) => boolean = () => true): Promise<EventOf<K>> {
    const { promise, resolve } = Promise.withResolvers<EventOf<K>>()
    const waiter = {
      check: () => {
        const found = this.since(from, kind).find(matches)
        if (found) resolve(found)
      },
    }
    this.#waiting.push(waiter)
    waiter.check()
    try {
      return await within(promise, `a "${kind}" event`)
    } finally {
      this.#waiting = this.#waiting.filter(other => other !== waiter)
    }
  }
}

/** @throws when it takes too long, saying what did not happen */
export async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  const timer = new AbortController()
  const timeout = sleep(PATIENCE_MS, undefined, { signal: timer.signal }).then(
    () => assert.fail(`Waited ${PATIENCE_MS} ms in vain for ${what}`),
    () => promise,
  )
  try {
    return await Promise.race([promise, timeout])
  } finally {
    timer.abort()
  }
}

/** Asks again and again until the answer is yes. For what gives no events: another process. */
export async function until(asks: () => Promise<boolean>, what: string): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(20)) if (await asks()) return
  assert.fail(`Waited ${PATIENCE_MS} ms in vain until ${what}`)
}
