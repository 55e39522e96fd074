/** Requests without a pause from a pod outside the mesh, and how many of them failed. */
import { listAt, numberAt, textAt } from '../../../src/kubernetes/client/raw-object.ts'
import { apply, kubectl, until } from './cluster.ts'

export interface LoadResult {
  readonly sent: number
  /** What went wrong, a sentence each, the first ones. */
  readonly failures: readonly string[]
  readonly failed: number
}

/** Runs in the pod, without anything but Node: four requests at a time until it is told to stop. */
const PROGRAM = `
const { existsSync } = require('node:fs')
const result = { sent: 0, failed: 0, failures: [] }
async function worker() {
  while (!existsSync('/tmp/stop')) {
    result.sent++
    try {
      const answer = await fetch(process.env.URL, { signal: AbortSignal.timeout(20000) })
      await answer.arrayBuffer()
      if (answer.status !== 200) throw new Error('status ' + answer.status)
    } catch (error) {
      result.failed++
      if (result.failures.length < 10) result.failures.push(new Date().toISOString() + ' ' + error.message + ' ' + (error.cause?.message ?? ''))
    }
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
Promise.all([1, 2, 3, 4].map(worker)).then(() => { console.log(JSON.stringify(result)); setInterval(() => {}, 1000) })
`

export class Load {
  readonly #namespace: string
  readonly #name: string

  private constructor(namespace: string, name: string) {
    this.#namespace = namespace
    this.#name = name
  }

  /** @param inMesh whether it has a sidecar */
  static async begin(namespace: string, name: string, url: string, inMesh = false): Promise<Load> {
    await apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, labels: { 'sidecar.istio.io/inject': String(inMesh) } },
      spec: {
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: 0,
        containers: [
          { name: 'load', image: 'mizzen-shop:1', command: ['node', '-e', PROGRAM], env: [{ name: 'URL', value: url }] },
        ],
      },
    })
    await kubectl('wait', `pod/${name}`, '-n', namespace, '--for=condition=Ready', '--timeout=60s')
    return new Load(namespace, name)
  }

  async end(): Promise<LoadResult> {
    const place = ['-n', this.#namespace, this.#name]
    await kubectl('exec', ...place, '-c', 'load', '--', 'touch', '/tmp/stop')
    const result = await until('the result of the load', 60, async () => {
      const text = (await kubectl('logs', ...place, '-c', 'load')).trim()
      const found: unknown = text === '' ? undefined : JSON.parse(text)
      return found
    })
    await kubectl('delete', 'pod', ...place, '--wait=false')
    const failures = listAt(result, 'failures').map(String)
    return { sent: numberAt(result, 'sent') ?? 0, failed: numberAt(result, 'failed') ?? 0, failures }
  }
}

/** One answer, asked for from a pod (of its first container). @returns "STATUS body", or "error ..." */
export async function ask(namespace: string, pod: string, url: string, init: unknown = {}, container?: string): Promise<string> {
  const program = `fetch(${JSON.stringify(url)}, ${JSON.stringify(init)}).then(async a => console.log(a.status + ' ' + await a.text()), e => console.log('error ' + (e.cause?.code ?? e.message)))`
  return (
    await kubectl('exec', '-n', namespace, pod, ...(container ? ['-c', container] : []), '--', 'node', '-e', program)
  ).trim()
}

/** Of the one pod that a selector means. */
export function nameOf(pod: unknown): string {
  return textAt(pod, 'metadata', 'name')
}
