/**
 * What the container image has of mizzen itself, as a directory tree: self-contained bundles, the packages that cannot be bundled, and
 * `mizzen` in /usr/local/bin. The Dockerfile and scripts/image.ts put it on a root file system with Node and iptables.
 *
 * usage: node scripts/image-layer.ts DIR
 */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { manifestOf } from './package-manifest.ts'

const repository = path.resolve(import.meta.dirname, '..')

/** Files of the image have this time, so that the same content is the same image. */
const EPOCH = new Date('2000-01-01T00:00:00Z')

/** Who sidecars run as: traffic of this user is not captured. As in Istio, because capture rules and policies of clusters name it. */
const PROXY_USER = 1337

/** Packages outside the bundles, with the files that they need at run time (the native part of koffi is one package a platform). */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  koffi: ['package.json', 'index.cjs', 'src/koffi', 'LICENSE.txt'],
  [`@koromix/koffi-linux-${process.arch}`]: ['package.json', 'index.js', `linux_${process.arch}`],
  re2js: ['package.json', 'build/index.cjs', 'build/index.js', 'LICENSE'],
}

if (import.meta.main) {
  const [directory] = process.argv.slice(2)
  if (directory === undefined) throw new Error('usage: node scripts/image-layer.ts DIR')
  imageLayer(path.resolve(directory))
}

/** @param directory is made; what is in it is overwritten */
export function imageLayer(directory: string): void {
  const home = path.join(directory, 'opt/mizzen')
  mkdirSync(home, { recursive: true })
  const built = spawnSync(
    process.execPath,
    [path.join(repository, 'scripts/build.ts'), '--self-contained', path.join(home, 'dist')],
    { encoding: 'utf8' },
  )
  if (built.status !== 0) throw new Error(`Cannot bundle mizzen for the image: ${built.stderr}`)
  const { name, version, type, license } = manifestOf(repository)
  writeFileSync(path.join(home, 'package.json'), `${JSON.stringify({ name, version, type, license })}\n`)
  for (const [name, files] of Object.entries(PACKAGES)) {
    for (const file of files) {
      const from = path.join(repository, 'node_modules', name, file)
      if (existsSync(from)) cpSync(from, path.join(home, 'node_modules', name, file), { recursive: true })
    }
  }
  const entry = path.join(home, 'dist/mizzen.js')
  // There may be no `env` to ask where Node is, and there is only one.
  writeFileSync(entry, readFileSync(entry, 'utf8').replace(/^#!.*/, '#!/usr/bin/node'))
  chmodSync(entry, 0o755)
  const programs = path.join(directory, 'usr/local/bin')
  mkdirSync(programs, { recursive: true })
  // Hooks in injected pods call the agent by the name that Istio gave it.
  for (const name of ['mizzen', 'pilot-agent']) symlinkSync('/opt/mizzen/dist/mizzen.js', path.join(programs, name))
  mkdirSync(path.join(directory, 'etc'), { recursive: true })
  // A user without a name is one that Node's os.userInfo() refuses to tell about.
  writeFileSync(
    path.join(directory, 'etc/passwd'),
    `root:x:0:0:root:/root:/sbin/nologin\nnode:x:1000:1000::/tmp:/sbin/nologin\nmizzen:x:${PROXY_USER}:${PROXY_USER}::/tmp:/sbin/nologin\n`,
  )
  writeFileSync(path.join(directory, 'etc/group'), `root:x:0:\nnode:x:1000:\nmizzen:x:${PROXY_USER}:\n`)
  setTimes(directory)
}

/** Of everything in a directory, and of itself. */
export function setTimes(directory: string): void {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true }))
    lutimesSync(path.join(entry.parentPath, entry.name), EPOCH, EPOCH)
  lutimesSync(directory, EPOCH, EPOCH)
}
