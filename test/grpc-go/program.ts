/** The small program beside this file that is grpc-go for tests. It needs Go and, the first time, its module proxy; later builds are quick. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

const BUILD_MS = 480_000

export interface GrpcGo {
  readonly program: string
  remove(): void
}

/** @returns why it cannot be built here, as a sentence */
export function buildGrpcGo(): GrpcGo | string {
  const folder = mkdtempSync(path.join(tmpdir(), 'mizzen-grpc-go-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  const program = path.join(folder, 'grpc-go')
  const built = spawnSync('go', ['build', '-o', program, '.'], { cwd: import.meta.dirname, encoding: 'utf8', timeout: BUILD_MS })
  if (built.status === 0) return { program, remove }
  remove()
  return built.error ? `no Go to build grpc-go with: ${built.error.message}` : `go build failed: ${built.stderr}`
}
