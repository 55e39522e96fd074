/** How an installation is followed on a terminal: one line a wave, the current one rewritten; plain lines everywhere else. */
import type { Change } from '../kubernetes/install/apply.ts'
import type { Progress } from '../kubernetes/install/install.ts'
import { type Manifest, manifestName } from '../kubernetes/install/manifest.ts'
import { isTerminal, painter } from '../run/laptop/console/paint.ts'
import type { Io } from './io.ts'

/** @param verbose every object has its line */
export function installProgress({ stdout, env }: Io, verbose: boolean, dryRun: boolean): Progress {
  const paint = painter(stdout, env)
  const live = isTerminal(stdout)
  let open = false
  const clear = () => {
    if (open) stdout.write('\r\u001b[K')
    open = false
  }
  const line = (text: string) => {
    clear()
    stdout.write(`${text}\n`)
  }
  return {
    doing(title, detail) {
      const text = `- ${title}${detail === '' ? '' : `: ${detail}`}`
      if (live) {
        clear()
        stdout.write(text.slice(0, ('columns' in stdout && typeof stdout.columns === 'number' ? stdout.columns : 80) - 1))
        open = true
      } else if (detail !== '') line(text)
    },
    done(title, changes) {
      if (verbose) for (const [manifest, change] of changes) line(`  ${manifestName(manifest)} ${change}`)
      line(`${paint('✔', 'green')} ${title}: ${counted(changes)}${dryRun ? ' (dry run)' : ''}`)
    },
    removed(object: Manifest) {
      line(`${paint('✔', 'green')} removed ${manifestName(object)}${dryRun ? ' (dry run)' : ''}`)
    },
  }
}

/** "3 created, 1 unchanged" */
export function counted(changes: ReadonlyMap<Manifest, Change>): string {
  const counts = new Map<Change, number>()
  for (const change of changes.values()) counts.set(change, (counts.get(change) ?? 0) + 1)
  const words = (['created', 'configured', 'unchanged', 'kept'] as const).flatMap(change =>
    counts.has(change) ? [`${counts.get(change)} ${change}${change === 'kept' ? ' as somebody else installed them' : ''}`] : [],
  )
  return words.join(', ')
}
