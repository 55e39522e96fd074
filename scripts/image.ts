/**
 * Builds the container images without a container builder, and puts them into the test cluster's containerd (or a file):
 *   mizzen/mizzen        the control plane, the sidecar and the gateway on mizzen's own engine, `mizzen capture`
 *   mizzen/proxy-envoy   the same with Envoy's binary in it, for pods that choose that engine
 * The Dockerfile makes the same for everybody who has a container builder.
 *
 * usage: node scripts/image.ts [--tag TAG] [--hub HUB] [--envoy] [--output DIR] [--cluster DIR]
 *   --envoy         the image with Envoy too (the binary of scripts/fetch-envoy.sh, or $MIZZEN_ENVOY)
 *   --output DIR    writes NAME.tar files (docker load takes them) instead of importing
 *   --cluster DIR   where the scripts "image" and "rootfs-node" of the test cluster are (default ../shared/cluster)
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { imageLayer, setTimes } from './image-layer.ts'
import { manifestOf } from './package-manifest.ts'

const repository = path.resolve(import.meta.dirname, '..')
/** Where the project's own checkouts of the cluster scripts are. */
const CLUSTER = path.resolve(repository, '../shared/cluster')

export interface ImageOptions {
  readonly hub: string
  readonly tag: string
  readonly envoy: boolean
  readonly cluster: string
  /** A directory for files; undefined: into the cluster. */
  readonly output?: string
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      tag: { type: 'string', default: manifestOf(repository).version },
      hub: { type: 'string', default: 'mizzen' },
      envoy: { type: 'boolean', default: false },
      output: { type: 'string' },
      cluster: { type: 'string', default: CLUSTER },
    },
  })
  const { output, ...rest } = values
  for (const name of buildImages({ ...rest, ...(output !== undefined && { output: path.resolve(output) }) })) console.log(name)
}

/** @returns the images' names */
export function buildImages({ hub, tag, envoy, cluster, output }: ImageOptions): string[] {
  const work = mkdtempSync(path.join(tmpdir(), 'mizzen-image-'))
  try {
    const base = path.join(work, 'base')
    const own = path.join(work, 'own')
    const nodeBinary = process.execPath
    cluster = path.resolve(cluster)
    must(path.join(cluster, 'rootfs-node'), [base, 'iptables'], { ...process.env, NODE_BINARY: nodeBinary })
    setTimes(base)
    imageLayer(own)
    const pack = (name: string, layers: readonly string[]) => {
      const full = `${hub}/${name}:${tag}`
      const below = layers.slice(0, -1).flatMap(layer => ['--layer', layer])
      if (output !== undefined) mkdirSync(output, { recursive: true })
      const to = output === undefined ? [] : ['--output', path.join(output, `${name}.tar`)]
      const settings = ['--user', '1337:1337', '--entrypoint', 'mizzen', '--env', 'NODE_ENV=production', '--env', 'HOME=/tmp']
      must(path.join(cluster, 'image'), [...below, ...settings, ...to, full, layers.at(-1) ?? own], process.env)
      return full
    }
    const names = [pack('mizzen', [base, own])]
    if (envoy) names.push(pack('proxy-envoy', [base, own, envoyLayer(path.join(work, 'envoy'), base)]))
    return names
  } finally {
    rmSync(work, { recursive: true })
  }
}

function envoyLayer(directory: string, base: string): string {
  const binary = process.env['MIZZEN_ENVOY'] ?? path.join(repository, '.tools/envoy')
  if (!existsSync(binary)) throw new Error(`Cannot build the image with Envoy: no "${binary}", run scripts/fetch-envoy.sh`)
  const programs = path.join(directory, 'usr/local/bin')
  mkdirSync(programs, { recursive: true })
  cpSync(binary, path.join(programs, 'envoy'), { dereference: true })
  for (const library of librariesOf(binary)) {
    // At its real place: a layer that had a directory /lib would hide the link of that name.
    const place = path.join(realpathSync(path.dirname(library)), path.basename(library))
    if (!existsSync(path.join(base, place))) cpSync(library, path.join(directory, place), { dereference: true })
  }
  setTimes(directory)
  return directory
}

/** What the dynamic linker would load for a program. */
function librariesOf(binary: string): string[] {
  const { stdout } = spawnSync('ldd', [binary], { encoding: 'utf8' })
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, library = '']) => library)
}

function must(command: string, args: readonly string[], env: NodeJS.ProcessEnv): void {
  const { status, stderr, error } = spawnSync(command, args, { env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`Cannot run "${command} ${args.join(' ')}": ${error?.message ?? stderr}`)
}
