/** Entry of the agent: `node agent.js -c bootstrap.pb --identity FILE -- envoy ARGUMENTS`, and what `mizzen proxy --engine envoy` calls. */
import { parseArgs } from 'node:util'
import { runAgent } from './agent.ts'

/** @returns the exit code */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { 'config-path': { type: 'string', short: 'c' }, identity: { type: 'string' } },
      allowPositionals: true,
    })
    const { 'config-path': bootstrapFile, identity: identityFile } = values
    const [program, ...rest] = positionals
    if (bootstrapFile === undefined || identityFile === undefined || program === undefined)
      throw new Error('Cannot run the agent: expected -c BOOTSTRAP --identity FILE -- ENVOY ARGUMENTS')
    return await runAgent({ bootstrapFile, identityFile, envoy: [program, ...rest] })
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)))
