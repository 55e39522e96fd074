/** How the user calls this mizzen again, as short as it can be said: for messages that tell what to type. */
import { realpathSync } from 'node:fs'
import path from 'node:path'
import { installation } from '../installation.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** `mizzen` when that is on PATH, `npx mizzen` where npx finds this very one (a clone, a project that has it), else the script with a Node that can run it: `node_modules/.bin/node dist/mizzen.js`. */
export function mizzenCommandLine(env: Environment, cwd: string): string {
  const { mizzen, root } = installation()
  const [node, script] = mizzen
  const directories = (env['PATH'] ?? '').split(path.delimiter).filter(Boolean)
  // npm puts directories of its own in front, which the user's next terminal does not have.
  const lasting = directories.filter(directory => !directory.includes('node_modules'))
  if (lasting.some(directory => isSame(path.join(directory, 'mizzen'), script))) return 'mizzen'
  if (isSame(path.join(cwd, 'node_modules/.bin/mizzen'), script)) return 'npx mizzen'
  const known = lasting.map(directory => path.join(directory, 'node')).find(exists)
  const own = path.join(root, 'node_modules/.bin/node')
  const program = known !== undefined && isSame(known, node) ? 'node' : isSame(own, node) ? shorter(own, cwd) : node
  return `${program} ${shorter(script, cwd)}`
}

function isSame(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b)
  } catch {
    return false
  }
}

function exists(file: string): boolean {
  return isSame(file, file)
}

function shorter(file: string, cwd: string): string {
  const relative = path.relative(cwd, file)
  return relative.startsWith('../..') ? file : relative
}
