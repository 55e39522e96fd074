/**
 * Puts the CNI plugin on a node, from a pod of a DaemonSet with the node's directories mounted: program and Node beside it, how to reach the API
 * server, and our link in the chain. Looks again now and then, as other networks rewrite their files.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { chosenFile, PLUGIN, withoutPlugin, withPlugin } from './conflist.ts'

export interface InstallerPaths {
  /** The node's /opt/cni/bin and /etc/cni/net.d, as this pod sees them. */
  readonly binDirectory: string
  readonly configDirectory: string
  /** The same as the node sees them. */
  readonly hostBinDirectory: string
  readonly hostConfigDirectory: string
}

export interface InstallerOptions {
  readonly paths: InstallerPaths
  /** Directory with dist/mizzen.js; copied whole. */
  readonly program: string
  /** The Node binary. */
  readonly node: string
  /** The API server, https://10.96.0.1:443. */
  readonly server: string
  /** PEM of its roots, and the service account's token: read anew each time. */
  readonly rootsFile: string
  readonly tokenFile: string
  readonly excludeNamespaces: readonly string[]
}

const KUBECONFIG = 'mizzen-cni.kubeconfig'

/** Files of the program; once at the start. */
export function installProgram({ paths, program, node }: InstallerOptions): void {
  const place = path.join(paths.binDirectory, `${PLUGIN}.d`)
  mkdirSync(place, { recursive: true })
  cpSync(program, path.join(place, 'mizzen'), { recursive: true, dereference: true })
  replaceFile(path.join(place, 'node'), readFileSync(node), 0o755)
  const host = path.join(paths.hostBinDirectory, `${PLUGIN}.d`)
  // The interpreter is no other than ours; it becomes the plugin itself, without a shell.
  const script = `#!${host}/node
const args = [process.execPath, ${JSON.stringify(`${host}/mizzen/dist/mizzen.js`)}, 'cni']
process.execve(process.execPath, args, process.env)
`
  replaceFile(path.join(paths.binDirectory, PLUGIN), Buffer.from(script), 0o755)
}

/**
 * The way to the API server, and the chain.
 * @returns the file that was changed; undefined: all was as it should be, or the node has no network yet
 */
export function installConfig({ paths, server, rootsFile, tokenFile, excludeNamespaces }: InstallerOptions): string | undefined {
  const { configDirectory, hostConfigDirectory } = paths
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'local', cluster: { server, 'certificate-authority-data': readFileSync(rootsFile).toString('base64') } }],
    users: [{ name: PLUGIN, user: { token: readFileSync(tokenFile, 'utf8').trim() } }],
    contexts: [{ name: PLUGIN, context: { cluster: 'local', user: PLUGIN } }],
    'current-context': PLUGIN,
  }
  // JSON is YAML.
  replaceFile(path.join(configDirectory, KUBECONFIG), Buffer.from(JSON.stringify(kubeconfig)), 0o600)
  const file = chosenFile(readdirSync(configDirectory))
  if (file === undefined) return undefined
  const whole = path.join(configDirectory, file)
  const before = readFileSync(whole, 'utf8')
  const after = withPlugin(before, { kubeconfig: path.join(hostConfigDirectory, KUBECONFIG), excludeNamespaces })
  if (after === before) return undefined
  // A chain has this ending; a single plugin's file makes way for it.
  const target = whole.replace(/\.(conf|json)$/, '.conflist')
  replaceFile(target, Buffer.from(after), 0o644)
  if (target !== whole) rmSync(whole)
  return target
}

/** Takes our link out again; pods that start afterwards are not captured. The program stays for those that are ending. */
export function uninstallConfig({ configDirectory }: InstallerPaths): void {
  for (const name of readdirSync(configDirectory).filter(each => each.endsWith('.conflist'))) {
    const file = path.join(configDirectory, name)
    const text = readFileSync(file, 'utf8')
    if (text.includes(`"${PLUGIN}"`)) replaceFile(file, Buffer.from(withoutPlugin(text)), 0o644)
  }
  const kubeconfig = path.join(configDirectory, KUBECONFIG)
  if (existsSync(kubeconfig)) rmSync(kubeconfig)
}

/** Whole at any moment: the runtime may read it right now, or run it. */
function replaceFile(file: string, content: Buffer, mode: number): void {
  writeFileSync(`${file}.new`, content, { mode })
  chmodSync(`${file}.new`, mode)
  renameSync(`${file}.new`, file)
}
