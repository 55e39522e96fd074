/**
 * Sees to it that nothing outlives a `mizzen up` that is killed before it can clear away: a shell that waits for the end of a pipe
 * whose other end only this process holds, and then runs a command. A megabyte, and no polling.
 */
import { type ChildProcess, spawn } from 'node:child_process'

export class Watchdog {
  readonly #child: ChildProcess

  /** @param command run once when this process is gone, however that came */
  constructor(command: readonly string[]) {
    // `read` returns at the end of the pipe. A session of its own: Ctrl-C in the terminal is not for it.
    this.#child = spawn('/bin/sh', ['-c', 'read -r line; exec "$@"', 'mizzen-watchdog', ...command], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    this.#child.unref()
    // Without a watchdog the next `up` or `down` clears away.
    this.#child.on('error', () => {})
  }

  /** Everything was cleared away in order. */
  dismiss(): void {
    this.#child.kill('SIGKILL')
  }
}
