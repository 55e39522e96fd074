/**
 * Where a laptop mesh keeps what it must remember: one directory per manifest directory, readable by its user alone.
 * `$XDG_STATE_HOME/mizzen/<name>-<hash>`, by default under `~/.local/state`.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { FILE_OF_REVOCATIONS } from '../../trust/authority-directory.ts'

/** `sun_path` holds 104 bytes on macOS and 108 on Linux, with its final NUL. */
const MAX_SOCKET_PATH = 103

const BOOTSTRAP = 'bootstrap'
/** Characters of a hash that tell pods apart: paths of sockets are short. */
const SOCKET_NAME = 10

export interface PodFiles {
  readonly bootstrap: string
  /** How the proxy, or the agent beside it, comes by its certificate. */
  readonly identity: string
  readonly token: string
  /** Of the agent beside an Envoy. */
  readonly xdsSocket: string
  readonly sdsSocket: string
  /** Of an application without a proxy: what its library starts from, and the directory of its certificates. */
  readonly grpcBootstrap: string
  readonly certificates: string
}

export class StateDirectory {
  readonly path: string

  constructor(directory: string) {
    this.path = directory
  }

  /** Who runs this mesh; see lock.ts. */
  get lock(): string {
    return path.join(this.path, 'lock')
  }
  /** Every process that the run of this `mizzen up` started; see ../process/ledger.ts. */
  processesOf(runner: number): string {
    return path.join(this.path, `processes-${runner}`)
  }
  /** What `mizzen ps` shows; see mesh-status.ts. */
  get mesh(): string {
    return path.join(this.path, 'mesh.json')
  }
  /** The lines of all processes; see ../console/journal.ts. */
  get log(): string {
    return path.join(this.path, 'log')
  }
  /** What a detached `mizzen up` itself wrote. */
  get output(): string {
    return path.join(this.path, 'output')
  }
  /** The control plane's socket. */
  get xds(): string {
    return path.join(this.path, 'xds.sock')
  }
  /** The certificate authority: roots, keys of tokens. */
  get authority(): string {
    return path.join(this.path, 'authority')
  }

  /** Configuration and memory of the Prometheus of `--with prometheus`; the memory outlives the run. */
  get prometheus(): string {
    return path.join(this.path, 'prometheus')
  }

  /** What the authority no longer vouches for. */
  get revocations(): string {
    return path.join(this.authority, FILE_OF_REVOCATIONS)
  }

  /** What a pod's proxy is started from. */
  podFiles(pod: string): PodFiles {
    const file = (kind: string) => path.join(this.path, BOOTSTRAP, `${pod}.${kind}`)
    const name = createHash('sha256').update(pod).digest('hex').slice(0, SOCKET_NAME)
    const socket = (kind: string) => path.join(this.sockets, `${name}${kind}`)
    return {
      bootstrap: file('pb'),
      identity: file('identity.json'),
      token: file('token'),
      xdsSocket: socket('x'),
      sdsSocket: socket('s'),
      grpcBootstrap: file('grpc.json'),
      certificates: file('certificates'),
    }
  }

  /** Directory of the agents' sockets. */
  get sockets(): string {
    return path.join(this.path, 's')
  }

  /** @throws when it cannot be made, or when its socket's path would be too long for the system */
  create(): void {
    const length = Buffer.byteLength(this.podFiles('').xdsSocket)
    if (length > MAX_SOCKET_PATH) {
      throw new Error(
        `Cannot use the state directory "${this.path}": the paths of its sockets would have ${length} bytes, expected at most ${MAX_SOCKET_PATH}; set XDG_STATE_HOME to a shorter path`,
      )
    }
    for (const directory of [path.join(this.path, BOOTSTRAP), this.sockets])
      mkdirSync(directory, { recursive: true, mode: 0o700 })
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/** @param manifests an existing directory: symbolic links to it are the same mesh */
export function stateDirectoryOf(manifests: string, env: Environment): StateDirectory {
  const real = realpathSync(manifests)
  const hash = createHash('sha256').update(real).digest('hex').slice(0, 8)
  const name = path
    .basename(real)
    .replaceAll(/[^A-Za-z0-9.-]/g, '-')
    .slice(0, 20)
  return new StateDirectory(path.join(root(env), `${name}-${hash}`))
}

/** Every mesh that ran here and was not cleared away. */
export function allStateDirectories(env: Environment): StateDirectory[] {
  try {
    return readdirSync(root(env)).map(name => new StateDirectory(path.join(root(env), name)))
  } catch {
    return []
  }
}

function root(env: Environment): string {
  const home = env['HOME'] || homedir()
  return path.join(env['XDG_STATE_HOME'] || path.join(home, '.local', 'state'), 'mizzen')
}
