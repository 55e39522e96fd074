/**
 * The Kubernetes cluster that these suites run on: the one of $KUBECONFIG. Without one they are skipped. The mesh is installed there and taken
 * away again, so a cluster that does not look like one for tests is refused, unless MIZZEN_TEST_CLUSTER=yes says that it is one.
 */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { at, listAt, textAt } from '../../../src/kubernetes/client/raw-object.ts'

const execute = promisify(execFile)
export const repository = path.resolve(import.meta.dirname, '../../..')

/** Names of clusters that are made for trying things out. */
const FOR_TESTS = /^(mizzen|kind-.*|k3d-.*|minikube|docker-desktop|rancher-desktop)$/

/** Why these suites cannot run here; false: they can. */
export const skip: string | false = reasonToSkip()

function reasonToSkip(): string | false {
  const { KUBECONFIG: file, MIZZEN_TEST_CLUSTER: allowed } = process.env
  if (!file) return 'no cluster: set KUBECONFIG to the one of a test cluster (kind create cluster)'
  if (allowed === 'yes' || !existsSync(file)) return false
  const context = textAt(parse(readFileSync(file, 'utf8')), 'current-context')
  if (FOR_TESTS.test(context)) return false
  return `the context "${context}" of KUBECONFIG does not look like a test cluster; MIZZEN_TEST_CLUSTER=yes says that it is one`
}

/** Until the API server answers: the cluster may still be coming up. @param seconds how long at most */
export async function untilUp(seconds: number): Promise<void> {
  const end = Date.now() + seconds * 1000
  for (;;) {
    try {
      await kubectl('get', '--raw', '/readyz')
      await kubectl('wait', 'node', '--all', '--for=condition=Ready', '--timeout=5s')
      return
    } catch (error) {
      if (Date.now() > end) throw new Error(`Cannot reach the test cluster within ${seconds} s`, { cause: error })
      await delay(1000)
    }
  }
}

export interface Output {
  readonly stdout: string
  readonly stderr: string
}

/** @throws (rejects) with what it said */
export async function kubectl(...args: readonly string[]): Promise<string> {
  return (await run('kubectl', args)).stdout
}

/** `kubectl get -o json` @returns undefined where there is none */
export async function get(...args: readonly string[]): Promise<unknown> {
  const text = await kubectl('get', '-o', 'json', '--ignore-not-found', ...args)
  return text === '' ? undefined : JSON.parse(text)
}

/** The command, from this checkout. @throws (rejects) with what it said when it fails */
export function mizzen(...args: readonly string[]): Promise<Output> {
  return run(process.execPath, [path.join(repository, 'src/cli/main.ts'), ...args])
}

async function run(command: string, args: readonly string[]): Promise<Output> {
  try {
    return await execute(command, [...args], { cwd: repository, maxBuffer: 2 ** 27, env: { ...process.env, NO_COLOR: '1' } })
  } catch (error) {
    const said = `${textAt(error, 'stdout')}${textAt(error, 'stderr')}`
    throw new Error(`${path.basename(command)} ${args.join(' ')}: ${said || String(error)}`)
  }
}

/** Applies objects, each JSON or a string of YAML. */
export async function apply(...objects: readonly unknown[]): Promise<void> {
  const documents = objects.map(each => (typeof each === 'string' ? each : JSON.stringify(each)))
  // What begins with a brace would be taken for JSON as a whole.
  await feed(['apply', '-f', '-'], documents.map(document => `---\n${document}\n`).join(''))
}

/** Creates objects: quicker than applying, for many. */
export function create(list: unknown): Promise<void> {
  return feed(['create', '-f', '-'], JSON.stringify(list))
}

/** POSTs to a path of the API server. */
export function post(where: string, body: unknown): Promise<void> {
  return feed(['create', '--raw', where, '-f', '-'], JSON.stringify(body))
}

async function feed(args: readonly string[], text: string): Promise<void> {
  const applied = execFile('kubectl', args)
  const said: string[] = []
  applied.stdout?.on('data', chunk => said.push(String(chunk)))
  applied.stderr?.on('data', chunk => said.push(String(chunk)))
  applied.stdin?.end(text)
  const code = await new Promise(resolve => applied.on('close', resolve))
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${said.join('')}`)
}

/** A name that no other run has: "mizzen-test-1f3a". */
export function uniqueName(prefix = 'mizzen-test'): string {
  return `${prefix}-${randomBytes(2).toString('hex')}`
}

/** Asks again until the answer is not undefined. @throws (rejects) with the last error, or what it waited for */
export async function until<Answer>(what: string, seconds: number, ask: () => Promise<Answer | undefined>): Promise<Answer> {
  const end = Date.now() + seconds * 1000
  let last: unknown
  for (;;) {
    try {
      const answer = await ask()
      if (answer !== undefined) return answer
    } catch (error) {
      last = error
    }
    if (Date.now() > end) throw new Error(`Cannot see within ${seconds} s: ${what}`, { cause: last })
    await delay(200)
  }
}

/** Every Deployment of a namespace is complete. */
export async function untilRolledOut(namespace: string, seconds = 180): Promise<void> {
  const names = listAt(await get('deployments', '-n', namespace), 'items').map(each => textAt(each, 'metadata', 'name'))
  for (const name of names) await kubectl('rollout', 'status', `deployment/${name}`, '-n', namespace, `--timeout=${seconds}s`)
}

/** The pods of a label selector that are not on their way out. */
export async function pods(namespace: string, selector: string): Promise<readonly unknown[]> {
  const all = listAt(await get('pods', '-n', namespace, '-l', selector), 'items')
  return all.filter(pod => at(pod, 'metadata', 'deletionTimestamp') === undefined)
}
