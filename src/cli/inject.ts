/** `mizzen inject`: puts the proxy into the pods of manifests, without a cluster. */
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { text as textOfStream } from 'node:stream/consumers'
import { parse, parseAllDocuments, stringify } from 'yaml'
import { Findings } from '../api/findings.ts'
import { checkMeshConfig } from '../api/istio/meshconfig/read.ts'
import type { MeshConfig } from '../api/istio/meshconfig/schema.ts'
import { type Fields, fieldsOf } from '../kubernetes/inject/fields.ts'
import { injectObject } from '../kubernetes/inject/resource.ts'
import type { Engine, InjectionSettings } from '../kubernetes/inject/settings.ts'
import { layersOf, setFlag } from '../kubernetes/inject/value-layers.ts'
import { Values } from '../kubernetes/inject/values.ts'
import { oneOf, parseFlags, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'

export const USAGE = `Usage: mizzen inject -f FILE [options]

Prints the manifests with a proxy in each pod, as the webhook would make it. What has no pod, and comments, pass through.

  -f, --filename FILE          manifests; - reads standard input
  -o, --output FILE            where to write (default: standard output)
      --meshConfigFile FILE    MeshConfig, or the ConfigMap "istio" (also --mesh-config)
      --values FILE            values of the installation: Helm's or an IstioOperator (also --valuesFile)
      --set NAME=VALUE         one value; can be said again
  -r, --revision NAME          of the control plane (default: default)
      --engine NAME            data plane of pods that do not choose: mizzen or envoy (default mizzen)
      --native-sidecars BOOL   false: for Kubernetes older than 1.29 (default true)
`

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values: flags } = parseFlags(
    'inject',
    args,
    {
      filename: { type: 'string', short: 'f' },
      output: { type: 'string', short: 'o' },
      meshConfigFile: { type: 'string' },
      'mesh-config': { type: 'string' },
      values: { type: 'string' },
      valuesFile: { type: 'string' },
      set: { type: 'string', multiple: true, default: [] },
      revision: { type: 'string', short: 'r', default: 'default' },
      engine: { type: 'string', default: 'mizzen' },
      'native-sidecars': { type: 'string', default: 'true' },
    },
    0,
  )
  if (flags.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const { filename, output } = flags
  if (filename === undefined) throw new UsageError('Cannot inject: expected -f FILE, or -f - for standard input')
  const read = async (file: string) => (file === '-' ? textOfStream(io.stdin) : readFile(path.resolve(io.cwd, file), 'utf8'))
  const valuesFile = flags.values ?? flags.valuesFile
  const meshFile = flags.meshConfigFile ?? flags['mesh-config']
  const trees = [
    ...(valuesFile ? [fieldsOf(parse(await read(valuesFile)))] : []),
    ...flags.set.map(flag => asUsage(() => setFlag(flag))),
  ]
  const layers = layersOf(trees)
  const settings: InjectionSettings = {
    values: new Values({ revision: flags.revision === 'default' ? '' : flags.revision, ...layers.values }),
    mesh: meshConfig(meshFile ? fieldsOf(parse(await read(meshFile))) : {}, layers.mesh, meshFile ?? 'values'),
    revision: flags.revision,
    engine: oneOf<Engine>('engine', flags.engine, ['mizzen', 'envoy']),
    nativeSidecars: oneOf('native-sidecars', flags['native-sidecars'], ['true', 'false']) === 'true',
  }
  const text = injectText(await read(filename), filename, settings, sentence => io.stderr.write(`${sentence}\n`))
  if (output === undefined) io.stdout.write(text)
  else await writeFile(path.resolve(io.cwd, output), text)
  return EXIT.ok
}

/** Documents of which nothing is injected stay as they were written, comments and all. */
function injectText(text: string, file: string, settings: InjectionSettings, say: (sentence: string) => void): string {
  const parts = parseAllDocuments(text).map(document => {
    const [error] = document.errors
    if (error !== undefined) throw new Error(`Cannot inject "${file}": ${error.message.split('\n', 1)[0]}`)
    const object: unknown = document.toJS()
    const { object: injected, skipped } = injectObject(object, settings)
    for (const sentence of skipped) say(sentence)
    return injected === object ? document.toString() : stringify(injected, { lineWidth: 0 })
  })
  return parts.map(part => part.replace(/^---\n/, '')).join('---\n')
}

function meshConfig(document: Fields, fromValues: Fields, file: string): MeshConfig {
  const data = fieldsOf(document['data'])['mesh']
  const own = document['kind'] === 'ConfigMap' && typeof data === 'string' ? fieldsOf(parse(data)) : document
  const findings = new Findings()
  const checked = checkMeshConfig({ ...own, ...fromValues }, findings)
  if (checked !== undefined) return checked
  const problems = findings.all.filter(({ level }) => level === 'error').map(each => `${each.path.join('.')}: ${each.message}`)
  throw new Error(`Cannot use the mesh configuration of "${file}": ${problems.join('; ')}`)
}

function asUsage<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
