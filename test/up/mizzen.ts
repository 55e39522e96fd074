/** Runs the real `mizzen` command, bundled as it is published, in a directory and a state directory of its own. */
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const repository = path.resolve(import.meta.dirname, '../..')
/** Inside the repository, so that dependencies are found. */
const bundle = path.join(repository, 'build', 'test-up')
let built = false

export interface Result {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Workload {
  readonly namespace: string
  readonly name: string
  readonly version: string
  readonly engine: string
  readonly ready: boolean
  readonly pid: number
  readonly proxyPid: number
}

export interface Ps {
  readonly ingress: readonly { readonly host: string; readonly url: string }[]
  readonly dashboard: string
  readonly controlPlane: string
  readonly workloads: readonly Workload[]
  readonly rollouts: readonly { readonly destination: string; readonly percent: number; readonly phase: string }[]
}

export class Sandbox {
  readonly directory: string
  /** The command itself. */
  readonly script = path.join(bundle, 'mizzen.js')
  readonly #home: string
  readonly #env: NodeJS.ProcessEnv
  readonly #children: ChildProcess[] = []

  /** @param files of the manifests' directory, by name */
  constructor(files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) {
    if (!built) execFileSync(process.execPath, [path.join(repository, 'scripts/build.ts'), bundle])
    built = true
    this.#home = mkdtempSync(path.join(tmpdir(), 'mizzen-up-'))
    this.directory = mkdtempSync(path.join(this.#home, 'mesh-'))
    this.#env = { ...process.env, NO_COLOR: '1', XDG_STATE_HOME: this.#home, ...env }
    for (const [name, text] of Object.entries(files)) this.write(name, text)
  }

  write(name: string, text: string): void {
    writeFileSync(path.join(this.directory, name), text)
  }

  read(name: string): string {
    return readFileSync(path.join(this.directory, name), 'utf8')
  }

  edit(name: string, change: (text: string) => string): void {
    const before = this.read(name)
    const after = change(before)
    assert.notEqual(after, before, 'the edit changes something')
    this.write(name, after)
  }

  /** A command that goes on running; its output is collected. */
  start(...args: readonly string[]): {
    readonly child: ChildProcess
    readonly output: () => string
    readonly ended: Promise<number | null>
  } {
    const child = spawn(process.execPath, [path.join(bundle, 'mizzen.js'), ...args], { env: this.#env, cwd: this.directory })
    this.#children.push(child)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk))
    return { child, output: () => output, ended: once(child, 'close').then(([code]) => code) }
  }

  async mizzen(...args: readonly string[]): Promise<Result> {
    const child = spawn(process.execPath, [path.join(bundle, 'mizzen.js'), ...args], { env: this.#env, cwd: this.directory })
    const texts = { stdout: '', stderr: '' }
    child.stdout.on('data', chunk => (texts.stdout += chunk))
    child.stderr.on('data', chunk => (texts.stderr += chunk))
    const [code] = await once(child, 'close')
    return { code, ...texts }
  }

  /** `mizzen up --detach`, which must succeed. */
  async up(...args: readonly string[]): Promise<Ps> {
    const { code, stdout, stderr } = await this.mizzen('up', '--detach', ...args)
    assert.equal(code, 0, stdout + stderr)
    return this.ps()
  }

  async ps(): Promise<Ps> {
    const { code, stdout, stderr } = await this.mizzen('ps', '-o', 'json')
    assert.equal(code, 0, stderr)
    return JSON.parse(stdout)
  }

  async logs(...args: readonly string[]): Promise<string> {
    return (await this.mizzen('logs', ...args)).stdout
  }

  /** Process id of the `mizzen up` that runs this mesh. */
  get runner(): number {
    const [lock] = execFileSync('find', [this.#home, '-name', 'lock'], { encoding: 'utf8' }).split('\n')
    return JSON.parse(readFileSync(lock ?? '', 'utf8')).pid
  }

  async close(): Promise<void> {
    for (const child of this.#children) if (child.exitCode === null) child.kill('SIGTERM')
    await this.mizzen('down', this.directory)
    rmSync(this.#home, { recursive: true, force: true })
  }
}

export interface Answer {
  readonly status: number
  readonly body: string
}

/** One request on a connection of its own. */
export function get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    http
      .get(url, { headers, agent: false, timeout: 10_000 }, response => {
        let body = ''
        response.on('data', chunk => (body += chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: body.trim() }))
      })
      .on('error', reject)
  })
}

/** Asks again until it is so. Fails after `limitMs` with what it was last. */
export async function until<T>(look: () => Promise<T> | T, isSo: (value: T) => boolean, limitMs = 10_000): Promise<T> {
  const begun = Date.now()
  for (;;) {
    const value = await look()
    if (isSo(value)) return value
    if (Date.now() - begun > limitMs) assert.fail(`not within ${limitMs} ms; last: ${JSON.stringify(value)}`)
    await delay(20)
  }
}

export function isRunning(pid: number): boolean {
  try {
    // A zombie runs no more.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

export function pidsOf({ workloads }: Ps): number[] {
  return workloads.flatMap(({ pid, proxyPid }) => [pid, proxyPid]).filter(pid => pid !== null)
}
