/** Whether stock Envoy takes a proxy's resources (`--mode validate`). */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { findEnvoy } from '../../src/run/engine.ts'
import type { ProxyResources } from '../../src/xds/resources/proxy.ts'
import type { JsonValue } from '../../src/xds/wire/json.ts'
import { staticBootstrap } from './static-bootstrap.ts'

const run = promisify(execFile)

export interface EnvoysOpinion {
  /** Why it refuses them; undefined: it takes them. */
  readonly refusal: string | undefined
  /** What it says besides. */
  readonly remarks: readonly string[]
}

export async function askEnvoy(resources: ProxyResources): Promise<EnvoysOpinion> {
  const scratch = await mkdtemp(path.join(tmpdir(), 'mizzen-ask-envoy-'))
  try {
    const file = path.join(scratch, 'bootstrap.json')
    await writeFile(file, JSON.stringify(withCertificates(staticBootstrap(resources))))
    const { stderr } = await run(findEnvoy(process.env), ['--mode', 'validate', '-c', file, '--log-level', 'warning'])
    return { refusal: undefined, remarks: stderr.split('\n') }
  } catch (error) {
    const text = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
    return { refusal: text, remarks: [] }
  } finally {
    await rm(scratch, { recursive: true })
  }
}

const certificate = { filename: path.join(import.meta.dirname, 'certificates', 'cert.pem') }
const key = { filename: path.join(import.meta.dirname, 'certificates', 'key.pem') }

/** Secrets that would be asked for, and that nobody would give here, stand in the message itself. */
const INSTEAD: Readonly<Record<string, readonly [name: string, value: JsonValue] | undefined>> = {
  certificateChain: ['certificateChain', certificate],
  trustedCa: ['trustedCa', certificate],
  privateKey: ['privateKey', key],
  tlsCertificateSdsSecretConfigs: ['tlsCertificates', [{ certificateChain: certificate, privateKey: key }]],
  crl: undefined,
  // With it Envoy breaks down when it has validated everything; running, it does not.
  sharingName: undefined,
}

/** The files and secrets that the cases name do not exist, and Envoy reads certificates when it takes a configuration; nor is standard output a file. */
function withCertificates(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withCertificates)
  if (value === '/dev/stdout') return '/dev/null'
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, part]): [string, JsonValue][] => {
      if (name === 'combinedValidationContext') return [['validationContext', combined(part)]]
      if (!Object.hasOwn(INSTEAD, name)) return [[name, withCertificates(part)]]
      const instead = INSTEAD[name]
      return instead === undefined ? [] : [[...instead]]
    }),
  )
}

function combined(value: JsonValue): JsonValue {
  const own = typeof value === 'object' && value !== null && !Array.isArray(value) ? value['defaultValidationContext'] : undefined
  return typeof own === 'object' && own !== null && !Array.isArray(own)
    ? { ...own, trustedCa: certificate }
    : { trustedCa: certificate }
}
