/**
 * The record of every process (group) this run started, written before anything else happens with it. After a kill -9 it tells the
 * next command what to end.
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { startTimeOf } from './start-time.ts'

export interface RecordedProcess {
  readonly pid: number
  readonly startTime: string
  /** "shop/cart-0/app": for messages. */
  readonly name: string
}

export class Ledger {
  readonly #file: string

  /** Starts an empty ledger. */
  constructor(file: string) {
    this.#file = file
    writeFileSync(file, '', { mode: 0o600 })
  }

  started(pid: number, name: string): void {
    const startTime = startTimeOf(pid)
    // Undefined: it is over already, and there is nothing to remember.
    if (startTime !== undefined) appendFileSync(this.#file, `+ ${pid} ${startTime} ${name}\n`)
  }

  ended(pid: number): void {
    appendFileSync(this.#file, `- ${pid}\n`)
  }
}

/** What a ledger's run started and did not see ending. An unreadable file is an empty one. */
export function readLedger(file: string): RecordedProcess[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return []
  }
  const running = new Map<number, RecordedProcess>()
  for (const line of text.split('\n')) {
    const [sign, id, startTime, ...name] = line.split(' ')
    const pid = Number(id)
    if (sign === '-') running.delete(pid)
    else if (sign === '+' && startTime && pid > 1) running.set(pid, { pid, startTime, name: name.join(' ') })
  }
  return [...running.values()]
}
