/** Two network namespaces with a cable between them: a pod, and somebody outside. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import path from 'node:path'

/** Of the pod, and of its peer outside. */
export const POD = { v4: '10.123.0.2', v6: 'fd12:3::2' } as const
export const PEER = { v4: '10.123.0.1', v6: 'fd12:3::1' } as const

/** What stands in the way of such a test; false: nothing. */
export function cannotIsolate(): string | false {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return 'needs root on Linux, for network namespaces'
  const missing = ['ip', 'iptables', 'ip6tables', 'nsenter'].filter(
    program => spawnSync(program, ['--version']).error !== undefined,
  )
  if (missing.length > 0) return `needs the programs ${missing.join(', ')}`
  const name = `mzt-try-${process.pid}`
  const made = spawnSync('ip', ['netns', 'add', name]).status === 0
  spawnSync('ip', ['netns', 'del', name])
  return made ? false : 'this machine makes no network namespaces'
}

export class PodNamespace {
  readonly name: string
  readonly #outside: string
  readonly #children: ChildProcess[] = []

  private constructor(name: string) {
    this.name = name
    this.#outside = `${name}-o`
  }

  static make(label: string): PodNamespace {
    const namespace = new PodNamespace(`mzt-${label}-${process.pid}`)
    const { name } = namespace
    const outside = namespace.#outside
    must('ip', 'netns', 'add', name)
    must('ip', 'netns', 'add', outside)
    must('ip', 'link', 'add', 'eth0', 'netns', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', outside)
    for (const [place, own, other] of [
      [name, POD, PEER],
      [outside, PEER, POD],
    ] as const) {
      must('ip', '-n', place, 'link', 'set', 'lo', 'up')
      must('ip', '-n', place, 'link', 'set', 'eth0', 'up')
      must('ip', '-n', place, 'addr', 'add', `${own.v4}/24`, 'dev', 'eth0')
      must('ip', '-n', place, '-6', 'addr', 'add', `${own.v6}/64`, 'dev', 'eth0', 'nodad')
      must('ip', '-n', place, 'route', 'add', 'default', 'via', other.v4)
      must('ip', '-n', place, '-6', 'route', 'add', 'default', 'via', other.v6)
    }
    return namespace
  }

  /** As `mizzen capture --network-namespace` takes it. */
  get path(): string {
    return `/var/run/netns/${this.name}`
  }

  /** @param where 'pod' or 'outside' @returns what the program prints; its errors too */
  run(where: 'pod' | 'outside', ...argv: readonly string[]): string {
    const { stdout, stderr } = spawnSync('ip', ['netns', 'exec', this.#of(where), ...argv], { encoding: 'utf8', timeout: 10_000 })
    return stdout + stderr
  }

  /** Connects as a user. @returns the name of who answered, or the error's code */
  connect(where: 'pod' | 'outside', user: number, host: string, port: number): string {
    return this.run(where, process.execPath, INSIDE, 'connect', String(user), host, String(port))
  }

  /** Resolves when all of them listen. @param names "outbound:15001" */
  listen(where: 'pod' | 'outside', ...names: readonly string[]): Promise<void> {
    return this.start(where, names.length, process.execPath, INSIDE, 'listen', ...names)
  }

  /** Resolves when the program has printed so many lines. */
  start(where: 'pod' | 'outside', lines: number, ...argv: readonly string[]): Promise<void> {
    const child = spawn('ip', ['netns', 'exec', this.#of(where), ...argv], { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#children.push(child)
    let seen = 0
    return new Promise((resolve, reject) => {
      child.on('exit', code => reject(new Error(`${argv.join(' ')} ended with ${code}`)))
      child.stdout?.on('data', (chunk: Buffer) => {
        seen += chunk.toString().split('\n').length - 1
        if (seen >= lines) resolve()
      })
    })
  }

  remove(): void {
    for (const child of this.#children) child.kill('SIGKILL')
    for (const name of [this.name, this.#outside]) spawnSync('ip', ['netns', 'del', name])
  }

  #of(where: 'pod' | 'outside'): string {
    return where === 'pod' ? this.name : this.#outside
  }
}

const INSIDE = path.join(import.meta.dirname, 'inside.ts')

function must(...argv: readonly [string, ...string[]]): void {
  const [program, ...args] = argv
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`Cannot run "${argv.join(' ')}": ${stderr}`)
}
