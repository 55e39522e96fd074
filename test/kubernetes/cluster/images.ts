/**
 * The images that these suites run, built once a run: $MIZZEN_TEST_TAG names them where scripts/test.ts has had them built. On a cluster of
 * ../shared/cluster no container builder is needed; elsewhere Docker builds them and kind takes them, or what README.md says.
 *
 * usage: node test/kubernetes/cluster/images.ts   builds, and prints the tag
 */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { buildImages } from '../../../scripts/image.ts'
import { at } from '../../../src/kubernetes/client/raw-object.ts'
import { repository, uniqueName, untilUp } from './cluster.ts'

const CLUSTER = process.env['MIZZEN_CLUSTER'] ?? path.resolve(repository, '../shared/cluster')

export const HUB = 'mizzen'
/** What examples/shop names. */
const SHOP = 'mizzen-shop:1'

/** @returns the tag of mizzen/mizzen and mizzen/proxy-envoy; mizzen-shop:1 is there too */
export async function images(): Promise<string> {
  const made = process.env['MIZZEN_TEST_TAG']
  if (made) return made
  await untilUp(Number(process.env['MIZZEN_CLUSTER_WAIT'] ?? 20))
  const tag = uniqueName('test')
  if (existsSync(path.join(CLUSTER, 'image'))) {
    buildImages({ hub: HUB, tag, envoy: true, cluster: CLUSTER })
    shopImage()
  } else withDocker(tag)
  return tag
}

/** `--set` flags that have an installation use these images. */
export function imageFlags(tag: string): string[] {
  return ['--set', `global.hub=${HUB}`, '--set', `global.tag=${tag}`]
}

function withDocker(tag: string): void {
  const names = [`${HUB}/mizzen:${tag}`, `${HUB}/proxy-envoy:${tag}`, SHOP]
  const run = (command: string, ...args: readonly string[]) => {
    const [program = '', ...first] = command.split(' ')
    execFileSync(program, [...first, ...args], { cwd: repository, stdio: ['ignore', 'ignore', 'inherit'] })
  }
  const build = process.env['MIZZEN_IMAGE_BUILD'] ?? 'docker build'
  run(build, '-t', names[0] ?? '', '.')
  run(build, '-t', names[1] ?? '', '--target', 'proxy-envoy', '.')
  run(build, '-t', SHOP, 'examples/shop')
  run(process.env['MIZZEN_IMAGE_LOAD'] ?? 'kind load docker-image', ...names)
}

/** As examples/shop/Dockerfile says, with the packages of this checkout. */
function shopImage(): void {
  const work = mkdtempSync(path.join(tmpdir(), 'mizzen-shop-'))
  try {
    const base = path.join(work, 'base')
    const own = path.join(work, 'own')
    execFileSync(path.join(CLUSTER, 'rootfs-node'), [base], { env: { ...process.env, NODE_BINARY: process.execPath } })
    mkdirSync(path.join(own, 'shop'), { recursive: true })
    cpSync(path.join(repository, 'examples/shop/apps'), path.join(own, 'shop/apps'), { recursive: true })
    for (const name of withDependencies(['@grpc/grpc-js', '@grpc/proto-loader']))
      cpSync(path.join(repository, 'node_modules', name), path.join(own, 'shop/node_modules', name), { recursive: true })
    execFileSync(path.join(CLUSTER, 'image'), ['--layer', base, '--user', '1000', '--workdir', '/shop', SHOP, own])
  } finally {
    rmSync(work, { recursive: true })
  }
}

function withDependencies(names: readonly string[]): Set<string> {
  const all = new Set(names)
  for (const name of all) {
    const manifest: unknown = JSON.parse(readFileSync(path.join(repository, 'node_modules', name, 'package.json'), 'utf8'))
    for (const dependency of Object.keys(Object(at(manifest, 'dependencies')))) all.add(dependency)
  }
  return all
}

if (import.meta.main) console.log(await images())
