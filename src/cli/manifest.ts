/** `mizzen manifest generate` */
import { stringify } from 'yaml'
import { namesOf } from '../kubernetes/install/names.ts'
import { installation } from '../kubernetes/install/objects.ts'
import { recordManifest } from '../kubernetes/install/record.ts'
import { oneOf, parseFlags, UsageError } from './flags.ts'
import { SETTING_FLAGS, SETTING_USAGE, wantedInstallation } from './install-flags.ts'
import { EXIT, type Io } from './io.ts'

export const USAGE = `Usage: mizzen manifest generate [--profile NAME] [-f FILE] [--set KEY=VALUE]

Prints the objects that "mizzen install" applies, in order. Needs no cluster; the Gateway API's kinds are among them unless --set
base.gatewayAPI=never says otherwise.

${SETTING_USAGE}  -o, --output yaml|json     json is one List. Default: yaml
`

export async function run(args: readonly string[], io: Io): Promise<number> {
  const options = { ...SETTING_FLAGS, output: { type: 'string', short: 'o', default: 'yaml' } } as const
  const { values, positionals } = parseFlags('manifest', args, options)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  if (positionals.length !== 1 || positionals[0] !== 'generate')
    throw new UsageError(`Cannot run "mizzen manifest ${positionals.join(' ')}": expected "mizzen manifest generate"`)
  const output = oneOf('output', values.output, ['yaml', 'json'])
  const { settings, record } = await wantedInstallation(values, io)
  const objects = installation(settings, settings.base.gatewayAPI === 'missing').flatMap(wave => wave.objects)
  if (settings.pilot.enabled) objects.push(recordManifest(namesOf(settings), record))
  io.stdout.write(
    output === 'json'
      ? `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }, null, 2)}\n`
      : objects.map(each => `---\n${stringify(each, { aliasDuplicateObjects: false })}`).join(''),
  )
  return EXIT.ok
}
