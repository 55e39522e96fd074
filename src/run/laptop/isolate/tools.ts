/** What --isolate needs of the machine, and the commands it gives to it. */
import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { promisify } from 'node:util'

/** Full paths: programs are started with environments that have no PATH. */
export interface Tools {
  readonly ip: string
  readonly iptables: string
  readonly iptablesRestore: string
  readonly setpriv: string
}

const PLACES = ['/usr/sbin', '/sbin', '/usr/bin', '/bin', '/usr/local/sbin']
const PACKAGES = { ip: 'iproute2', iptables: 'iptables', 'iptables-restore': 'iptables', setpriv: 'util-linux' } as const

/** @throws one sentence that says what is missing and how to get it */
export function findTools(): Tools {
  if (process.platform !== 'linux') {
    throw new Error(
      `Cannot isolate pods on ${process.platform}: network namespaces are Linux'; without --isolate the mesh runs everywhere`,
    )
  }
  if (process.getuid?.() !== 0) {
    throw new Error(
      'Cannot isolate pods without root: network namespaces and iptables need it; use sudo, or leave --isolate away',
    )
  }
  return { ip: find('ip'), iptables: find('iptables'), iptablesRestore: find('iptables-restore'), setpriv: find('setpriv') }
}

function find(name: keyof typeof PACKAGES): string {
  const found = PLACES.map(directory => `${directory}/${name}`).find(isExecutable)
  if (found) return found
  throw new Error(`Cannot isolate pods: there is no program "${name}" on this machine; install the package ${PACKAGES[name]}`)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const execute = promisify(execFile)

/** @throws with the command and what it said */
export async function command(argv: readonly string[], input?: string): Promise<string> {
  const [file = '', ...args] = argv
  const running = execute(file, args)
  // A command that does not read may be gone by then.
  running.child.stdin?.on('error', () => {})
  running.child.stdin?.end(input)
  try {
    return (await running).stdout
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error)
    throw new Error(`Cannot set up the network: "${argv.join(' ')}" failed: ${said}`)
  }
}

/** For what may be gone already. */
export async function attempt(argv: readonly string[]): Promise<void> {
  try {
    await command(argv)
  } catch {
    // Gone, or never there.
  }
}
