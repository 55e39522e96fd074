/** `mizzen analyze PATH...`: what is wrong with objects and between them, in the words of `istioctl analyze`. Exit code 1 on errors. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { stringify } from 'yaml'
import { readMeshConfig } from '../compile/mesh-config.ts'
import { analyze, compareMessages } from '../explain/analyze/analyze.ts'
import { ANALYZERS } from '../explain/analyze/analyzers.ts'
import { LEVELS, type Level } from '../explain/analyze/codes.ts'
import { COMPILATION, compiledMessages } from '../explain/analyze/compiled.ts'
import type { Message } from '../explain/analyze/finding.ts'
import { resourcesOf, settingsAmong, settingsFrom } from '../explain/analyze/input.ts'
import type { Resource } from '../explain/analyze/resource.ts'
import { isSuppressed, parseSuppression } from '../explain/analyze/suppression.ts'
import { unreadable, VALIDATION, validationMessages } from '../explain/analyze/validation.ts'
import { World } from '../explain/analyze/world.ts'
import type { MeshSettings } from '../model/settings.ts'
import { type Documents, readDocuments } from '../source/files/read-documents.ts'
import { readCluster } from '../source/kubernetes/read-cluster.ts'
import { analysisText } from './analysis-text.ts'
import { CLUSTER_FLAGS, withCluster } from './cluster-flags.ts'
import { oneOf, parseFlags, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'

const USAGE = `Usage: mizzen analyze [PATH...] [FLAGS]

Finds what is wrong with Kubernetes, Istio and mizzen objects, and between them. PATH: files, directories (with all below), "-" for standard input;
without any, the cluster of the kubeconfig is analyzed.

  -o, --output FORMAT          log (default), json or yaml
      --mesh-config FILE       Istio's MeshConfig; default: the ConfigMap "istio" of istio-system, if it is there
      --mesh-networks FILE     Istio's MeshNetworks; default: the same ConfigMap
  -n, --namespace NS           only objects of this namespace, and those of none
  -A, --all-namespaces         objects of all namespaces (default)
      --failure-threshold L    exit with 1 from this level on: Info, Warning or Error (default)
      --output-threshold L     say only messages of this level and above (default Info)
  -S, --suppress CODE=RESOURCE leave such messages out, as in "IST0102=Namespace shop"; "*" is any text; may be repeated
      --analyzer NAME          run only this analyzer; may be repeated
      --cluster NAME=PATH      objects of another cluster, to compare Services with; may be repeated
  -L, --list-analyzers         list the analyzers and what they look for
      --kubeconfig FILE        analyzes this cluster, with the objects of PATH in place of its own
      --context NAME           of the kubeconfig
      --use-kube=false         PATH alone, whatever else is said
      --recursive              accepted and without effect: directories are always searched with all below

An object keeps messages away from itself by the annotation galley.istio.io/analyze-suppress: "IST0102,IST0118" (or "*").
`

const OPTIONS = {
  output: { type: 'string', short: 'o' },
  'mesh-config': { type: 'string' },
  'mesh-networks': { type: 'string' },
  namespace: { type: 'string', short: 'n' },
  'all-namespaces': { type: 'boolean', short: 'A' },
  'failure-threshold': { type: 'string' },
  'output-threshold': { type: 'string' },
  suppress: { type: 'string', short: 'S', multiple: true },
  analyzer: { type: 'string', multiple: true },
  cluster: { type: 'string', multiple: true },
  'list-analyzers': { type: 'boolean', short: 'L' },
  recursive: { type: 'boolean' },
  'use-kube': { type: 'string' },
  ...CLUSTER_FLAGS,
} as const

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags('analyze', args, OPTIONS)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  if (values['list-analyzers']) {
    io.stdout.write(list())
    return EXIT.ok
  }
  const format = oneOf('output', values.output ?? 'log', ['log', 'text', 'json', 'yaml'])
  const failure = levelOf('failure-threshold', values['failure-threshold'] ?? 'Error')
  const least = levelOf('output-threshold', values['output-threshold'] ?? 'Info')
  const suppressions = (values.suppress ?? []).map(suppressionOf)
  const chosen = analyzersNamed(values.analyzer)

  const read = await documentsOf(positionals, values, io)
  const world = await worldOf(read, values, io)
  const runs = (name: string) => values.analyzer === undefined || values.analyzer.includes(name)
  const all = [
    ...(runs(VALIDATION.name) ? [...read.problems.map(unreadable), ...validationMessages(read.documents)] : []),
    ...analyze(world, chosen),
    ...(runs(COMPILATION.name) ? compiledMessages(read.documents, await settingsGiven(values['mesh-config'], io)) : []),
  ]
  const messages = all
    .filter(message => rank(message.level) >= rank(least) && !isSuppressed(message, suppressions))
    .filter(message => values.namespace === undefined || isIn(message, values.namespace))
    .sort(compareMessages)
  if (format === 'json') io.stdout.write(`${JSON.stringify(messages, null, 2)}\n`)
  else if (format === 'yaml') io.stdout.write(stringify(messages, { lineWidth: 0 }))
  else io.stdout.write(analysisText(messages, read, io))
  return messages.some(message => rank(message.level) >= rank(failure)) ? EXIT.failed : EXIT.ok
}

interface Place {
  readonly 'use-kube'?: string | undefined
  readonly kubeconfig?: string | undefined
  readonly context?: string | undefined
}

/** Without files, and wherever a cluster is named, the cluster's objects, with the files on top. */
async function documentsOf(paths: readonly string[], place: Place, io: Io): Promise<Documents> {
  const files = await readDocuments(paths, io.cwd, io.stdin)
  const named = place.kubeconfig !== undefined || place.context !== undefined || place['use-kube'] === 'true'
  if (place['use-kube'] === 'false' && paths.length === 0)
    throw new UsageError('Cannot analyze nothing: expected at least one PATH')
  if (place['use-kube'] === 'false' || (paths.length > 0 && !named)) return files
  const cluster = await withCluster(place, io, readCluster)
  const replaced = new Set(files.documents.flatMap(({ reading }) => reading?.resource ?? []))
  const kept = cluster.documents.filter(({ reading }) => !replaced.has(reading?.resource ?? ''))
  return { documents: [...kept, ...files.documents], problems: [...cluster.problems, ...files.problems] }
}

async function settingsGiven(file: string | undefined, io: Io): Promise<MeshSettings | undefined> {
  return file === undefined ? undefined : readMeshConfig(await text(file, io)).settings
}

function rank(level: Level): number {
  return LEVELS.indexOf(level)
}

/** In any case, as istioctl takes it. */
function levelOf(flag: string, text: string): Level {
  return LEVELS.find(level => level.toLowerCase() === text.toLowerCase()) ?? oneOf(flag, text, LEVELS)
}

function suppressionOf(text: string) {
  const suppression = parseSuppression(text)
  if (!suppression)
    throw new UsageError(`Cannot suppress "${text}": expected CODE=RESOURCE, for instance "IST0102=Namespace shop"`)
  return suppression
}

function analyzersNamed(names: readonly string[] | undefined) {
  if (names === undefined) return ANALYZERS.filter(analyzer => !analyzer.optIn)
  const known = [VALIDATION.name, COMPILATION.name, ...ANALYZERS.map(analyzer => analyzer.name)]
  for (const name of names) oneOf('analyzer', name, known)
  return ANALYZERS.filter(analyzer => names.includes(analyzer.name))
}

interface Files {
  readonly 'mesh-config'?: string | undefined
  readonly 'mesh-networks'?: string | undefined
  readonly cluster?: readonly string[] | undefined
}

async function worldOf({ documents }: Documents, files: Files, io: Io): Promise<World> {
  const resources = resourcesOf(documents)
  const config = files['mesh-config']
  const networks = files['mesh-networks']
  const meshConfig =
    config === undefined ? settingsAmong('MeshConfig', resources) : settingsFrom('MeshConfig', await text(config, io), config)
  const meshNetworks =
    networks === undefined
      ? settingsAmong('MeshNetworks', resources)
      : settingsFrom('MeshNetworks', await text(networks, io), networks)
  return new World({ resources, meshConfig, meshNetworks, clusters: await clustersOf(files.cluster ?? [], io), now: Date.now() })
}

async function clustersOf(given: readonly string[], io: Io): Promise<Map<string, readonly Resource[]>> {
  const clusters = new Map<string, readonly Resource[]>()
  for (const entry of given) {
    const [, name, file] = /^([^=]+)=(.+)$/.exec(entry) ?? []
    if (name === undefined || file === undefined) throw new UsageError(`Cannot read the cluster "${entry}": expected NAME=PATH`)
    const { documents, problems } = await readDocuments([file], io.cwd, io.stdin)
    if (problems[0]) throw new Error(problems[0].message)
    clusters.set(name, [...(clusters.get(name) ?? []), ...resourcesOf(documents)])
  }
  return clusters
}

/** Whether a message is about an object of the namespace, or of none. */
function isIn({ resource }: Message, namespace: string): boolean {
  const name = resource.split(' ')[1] ?? ''
  return !name.includes('/') || name.startsWith(`${namespace}/`)
}

function list(): string {
  const lines = [VALIDATION, ...ANALYZERS, COMPILATION].map(analyzer => {
    const optIn = 'optIn' in analyzer && analyzer.optIn ? ' (only with --analyzer)' : ''
    return `* ${analyzer.name}:\n${analyzer.description}${optIn}\n`
  })
  return lines.join('')
}

async function text(file: string, io: Io): Promise<string> {
  try {
    return await readFile(path.resolve(io.cwd, file), 'utf8')
  } catch (error) {
    throw new Error(`Cannot read "${file}": ${error instanceof Error ? error.message : String(error)}`)
  }
}
