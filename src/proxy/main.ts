/**
 * Entry of the data plane: `node proxy.js -c bootstrap.pb`, and what `mizzen proxy` calls.
 */

import { readBootstrap } from './config/bootstrap.ts'
import { DataPlane } from './data-plane.ts'
import { type ProxyFlags, parseFlags, USAGE } from './flags.ts'
import { stderrLog } from './log.ts'

/** Runs until the process is told to end. @returns the exit code */
export async function runProxy(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`${USAGE}\n`)
    return 0
  }
  let flags: ProxyFlags
  try {
    flags = parseFlags(args, process.env)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`)
    return 2
  }
  const log = stderrLog(flags.logLevel)
  // One broken connection must not take all others down: what nobody expected is written down, and the process goes on.
  process.on('uncaughtException', error =>
    log.log('critical', 'main', `Unexpected error, the process goes on: ${error.stack ?? error.message}`),
  )
  process.on('unhandledRejection', error =>
    log.log(
      'critical',
      'main',
      `Unexpected rejection, the process goes on: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    ),
  )
  let plane: DataPlane
  try {
    plane = new DataPlane(await readBootstrap(flags.configPath), flags, log)
    await plane.start()
  } catch (error) {
    log.log('critical', 'main', error instanceof Error ? error.message : String(error))
    return 1
  }
  const stop = () => plane.stop()
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  return plane.ended
}

if (import.meta.main) process.exit(await runProxy(process.argv.slice(2)))
