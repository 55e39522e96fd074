/** `mizzen ca`: tends the authority that a control plane, or a mesh on this machine, keeps in its state directory. */
import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { FileGenerations } from '../identity/authority/generations.ts'
import { type RootSummary, SelfSignedRoots } from '../identity/authority/self-signed.ts'
import { systemClock } from '../lib/clock.ts'
import { stateDirectoryOf } from '../run/laptop/state/directory.ts'
import { authorityDirectory } from '../run/trust/authority-directory.ts'
import { KEY_TYPES } from './authority-flags.ts'
import { oneOf, parseFlags, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'

export const USAGE = `Usage: mizzen ca show
       mizzen ca rotate
       mizzen ca revoke CERTIFICATE|SERIAL

Looks at the roots that the mesh made for itself, begins to replace the root, or revokes a workload's certificate. The control plane that runs and all
its workloads follow within seconds; connections that are open go on. An authority of your own (--cacerts) is tended in its own files.

  show     the roots: which one signs, until when, what is revoked
  rotate   adds a new root. It is trusted at once, signs when every workload has heard of it, and then the one before is dropped: no connection fails
  revoke   the certificate in a PEM file, or of a serial number in hexadecimal (the proxy's /certs, or openssl x509 -serial)

      --mesh DIR         of "mizzen up DIR" (default: the control plane's)
      --state DIR        of "mizzen control-plane" (default $XDG_STATE_HOME/mizzen-control-plane)
      --key-type TYPE    of the root that is added: ecdsa-p256 or rsa-2048 (default: as the one before)
  -o, --output json
`

const ACTIONS = ['show', 'rotate', 'revoke'] as const

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags(
    'ca',
    args,
    {
      mesh: { type: 'string' },
      state: { type: 'string' },
      'key-type': { type: 'string' },
      output: { type: 'string', short: 'o' },
    },
    2,
  )
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const [word, what] = positionals
  if (word === undefined) throw new UsageError(`Cannot run "mizzen ca": expected ${ACTIONS.join(', ')}`)
  const action = oneOf('action', word, ACTIONS)
  if (values.output !== undefined) oneOf('output', values.output, ['json'])
  const keyType = values['key-type'] === undefined ? undefined : oneOf('key-type', values['key-type'], KEY_TYPES)
  const directory = directoryOf(values, io)
  const roots = existsSync(directory)
    ? await SelfSignedRoots.existing(new FileGenerations(directory, 'root'), systemClock, keyType)
    : undefined
  if (!roots)
    throw new Error(
      `Cannot find an authority in "${directory}": expected --mesh or --state of one that has run, without --cacerts`,
    )
  if (action === 'rotate') await rotate(roots, directory)
  if (action === 'revoke') await roots.revoke(serialOf(what, io.cwd))
  io.stdout.write(values.output === 'json' ? json(roots) : text(roots))
  return EXIT.ok
}

function directoryOf({ mesh, state }: { mesh?: string | undefined; state?: string | undefined }, { cwd, env }: Io): string {
  if (mesh !== undefined && state !== undefined) throw new UsageError('Cannot use --mesh with --state: expected one of them')
  if (mesh === undefined) return path.resolve(cwd, state ?? authorityDirectory(env))
  const manifests = path.resolve(cwd, mesh)
  if (!existsSync(manifests)) throw new UsageError(`Cannot use --mesh "${mesh}": there is no such directory`)
  return stateDirectoryOf(manifests, env).authority
}

async function rotate(roots: SelfSignedRoots, directory: string): Promise<void> {
  if (roots.summary.length > 1)
    throw new Error(`Cannot rotate the root in "${directory}": it is being replaced already, see "mizzen ca show"`)
  await roots.replace()
}

/** @returns in hexadecimal @throws UsageError */
function serialOf(what: string | undefined, cwd: string): string {
  if (what === undefined) throw new UsageError('Cannot revoke nothing: expected a PEM file or a serial number')
  const file = path.resolve(cwd, what)
  if (!existsSync(file)) {
    const serial = what.replaceAll(':', '')
    if (/^([0-9a-f]{2}){1,20}$/i.test(serial)) return serial
    throw new UsageError(`Cannot revoke "${what}": expected a PEM file, or a serial number in hexadecimal`)
  }
  try {
    return new X509Certificate(readFileSync(file)).serialNumber
  } catch (error) {
    throw new UsageError(
      `Cannot revoke "${what}": it is no certificate (${error instanceof Error ? error.message : String(error)})`,
    )
  }
}

function json({ summary, revocations }: SelfSignedRoots): string {
  return `${JSON.stringify({ roots: summary, revoked: revocations }, undefined, 2)}\n`
}

function text({ summary, revocations }: SelfSignedRoots): string {
  const roots = summary.map(root => `root ${root.fingerprint}\n  ${facts(root).join(', ')}\n`)
  const revoked = revocations.map(({ serial, at }) => `revoked ${serial} on ${date(at)}\n`)
  return [...roots, ...revoked].join('')
}

function facts({ keyType, validity, signs, signsFrom, droppedAt }: RootSummary): string[] {
  return [
    keyType === 'rsa' ? 'RSA' : 'ECDSA',
    signs ? 'signs' : 'trusted',
    ...(signsFrom !== undefined && !signs ? [`signs from ${date(signsFrom)} on`] : []),
    ...(droppedAt === undefined ? [] : [`trusted until ${date(droppedAt)}`]),
    `valid until ${date(validity.until)}`,
  ]
}

function date(ms: number): string {
  return new Date(ms).toISOString()
}
