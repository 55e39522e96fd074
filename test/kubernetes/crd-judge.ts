/**
 * What a Kubernetes API server would say of CRDs and objects, by the API server's own code: a small Go program (crd-judge/) that is built
 * when the tests run. It needs Go and, the first time, its module proxy.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Static, Type } from 'typebox'
import { Parse } from 'typebox/value'

const Errors = Type.Array(Type.Array(Type.String()))
const Verdicts = Type.Object({ crds: Errors, objects: Errors })

/** One list of errors for each, in order. */
export type Verdicts = Static<typeof Verdicts>

export type Judge = (crds: readonly unknown[], objects: readonly unknown[]) => Verdicts

export interface Built {
  readonly judge: Judge
  remove(): void
}

/** @returns why it cannot be built here, as a sentence */
export function buildJudge(): Built | string {
  const folder = mkdtempSync(path.join(tmpdir(), 'mizzen-crd-judge-'))
  const remove = () => rmSync(folder, { recursive: true })
  const program = path.join(folder, 'crd-judge')
  const built = spawnSync('go', ['build', '-o', program, '.'], {
    cwd: path.join(import.meta.dirname, 'crd-judge'),
    encoding: 'utf8',
    timeout: 480_000,
  })
  if (built.status !== 0) {
    remove()
    return built.error ? `no Go to build the API server's code with: ${built.error.message}` : `go build failed: ${built.stderr}`
  }
  const judge: Judge = (crds, objects) => {
    const { status, stdout, stderr } = spawnSync(program, { input: JSON.stringify({ crds, objects }), maxBuffer: 2 ** 28 })
    if (status !== 0) throw new Error(`Cannot ask the API server's code: ${stderr}`)
    return Parse(Verdicts, JSON.parse(stdout.toString()))
  }
  return { judge, remove }
}
