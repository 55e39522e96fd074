/**
 * Everything by which the control plane knows callers and gives identities: the authority, the tokens, the certificate service, who may have which
 * configuration. One place puts the parts together, for `mizzen up` and `mizzen control-plane` alike.
 */

import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { JSONWebKeySet } from 'jose'
import { CertificateAuthority, DEFAULT_LIFETIME_MS, RequestError } from '../../identity/authority/authority.ts'
import { FileGenerations, type Generations } from '../../identity/authority/generations.ts'
import type { MaterialSource } from '../../identity/authority/material.ts'
import { PluggedInAuthority } from '../../identity/authority/plugged-in.ts'
import { SelfSignedRoots } from '../../identity/authority/self-signed.ts'
import { nodeRefusal } from '../../identity/authorize-node.ts'
import { Authenticator } from '../../identity/caller/authenticator.ts'
import { JoinTokens } from '../../identity/caller/join-tokens.ts'
import { ServiceAccountTokens } from '../../identity/caller/service-account-tokens.ts'
import { SingleUse } from '../../identity/caller/single-use.ts'
import type { TokenVerifier } from '../../identity/caller/token.ts'
import { Unauthenticated } from '../../identity/caller/unauthenticated.ts'
import { CertificateService, CREATE_CERTIFICATE, type SigningEvent } from '../../identity/certificate-service.ts'
import { controlPlaneIdentity } from '../../identity/control-plane.ts'
import type { KeyType } from '../../identity/workload/signing.ts'
import type { Clock } from '../../lib/clock.ts'
import type { PeerFields } from '../../lib/peer-fields.ts'
import { replaceFile } from '../../lib/replace-file.ts'
import { type Admit, Refusal, type UnaryService } from '../../xds/server/access.ts'
import { FILE_OF_REVOCATIONS } from './authority-directory.ts'
import { ServerCertificate } from './server-certificate.ts'
import type { TrustBundle } from './trust-bundle.ts'

/** The mesh's own roots, the key of join tokens, the tokens that count once and were used. */
export type SecretDocument = 'root' | 'token-key' | 'used-tokens'

export interface TrustOptions {
  /** Keeps the roots and the keys of tokens; readable by its owner alone. */
  readonly directory: string
  /** Keeps the secret documents instead of the directory, which then holds public files only. */
  readonly store?: (name: SecretDocument) => Generations
  readonly clock: Clock
  readonly trustDomain: string
  /** @default none */
  readonly trustDomainAliases?: readonly string[]
  /** Directory with an authority of the form of Istio's `cacerts`. @default the mesh makes its own root */
  readonly pluggedIn?: string
  /** Of the mesh's own root. @default 'ecdsa-p256' */
  readonly keyType?: KeyType
  /** Life of workloads' certificates, milliseconds. @default one day */
  readonly leafLifetimeMs?: number
  /** Whose service-account tokens count, beside join tokens. */
  readonly clusters?: readonly { readonly issuer: string; readonly keys: JSONWebKeySet | URL; readonly audience?: string }[]
  /** Judge what the others do not: the cluster's own token review. */
  readonly verifiers?: readonly TokenVerifier[]
  /** Names and addresses of the control plane's own certificate. */
  readonly hosts?: readonly string[]
  /** Service account of a workload that the mesh knows. */
  readonly serviceAccountOf: (namespace: string, pod: string) => string | undefined
  /** Who a workload that the mesh knows is, for the telemetry of those it calls. */
  readonly describe?: (namespace: string, pod: string) => Partial<PeerFields> | undefined
  /** What workloads are to trust has changed, or is known for the first time. */
  readonly bundle?: TrustBundle
  readonly onSigned?: (event: SigningEvent) => void
  /** A caller was turned away, or something that must work did not: one line for operators. */
  readonly warn: (line: string) => void
}

/** How often it is looked whether others changed the roots, or something is due: what is revoked is to be refused within seconds. */
const REFRESH_MS = 2000
/** A problem that stays is told so often, milliseconds. */
const REPEAT_MS = 60_000
const FILE_OF_ROOTS = 'root-cert.pem'

export class Trust {
  readonly authority: CertificateAuthority
  readonly tokens: JoinTokens
  readonly server: ServerCertificate
  readonly services: readonly UnaryService[]
  readonly #options: TrustOptions
  readonly #source: MaterialSource
  readonly #authenticator: Authenticator
  #cancel: () => void = () => {}
  /** What could not be done, and when that was told. */
  #told = { problem: '', at: 0 }
  #published: { readonly roots: string; readonly revoked: string | undefined } = { roots: '', revoked: undefined }

  /** @throws (rejects) when the authority can be neither read nor made */
  static async open(options: TrustOptions): Promise<Trust> {
    const { directory, clock, trustDomain, keyType, leafLifetimeMs = DEFAULT_LIFETIME_MS, pluggedIn } = options
    if (options.store) mkdirSync(directory, { recursive: true })
    const store = options.store ?? ((name: SecretDocument) => new FileGenerations(directory, name))
    const source =
      pluggedIn === undefined
        ? await SelfSignedRoots.open({
            store: store('root'),
            clock,
            trustDomain,
            longestLeafMs: leafLifetimeMs,
            ...(keyType && { keyType }),
          })
        : new PluggedInAuthority(pluggedIn, clock)
    const authority = new CertificateAuthority({
      source,
      clock,
      defaultLifetimeMs: leafLifetimeMs,
      // A replaced root is dropped when all that it signed has expired: nothing may live longer than that.
      ...(pluggedIn === undefined && { longestLifetimeMs: leafLifetimeMs }),
    })
    const server = await ServerCertificate.make({
      authority,
      clock,
      identity: controlPlaneIdentity(trustDomain),
      hosts: options.hosts ?? [],
      onRefused: (peer, reason) => options.warn(`Cannot serve ${peer}: its client certificate is refused (${reason})`),
    })
    const tokens = await JoinTokens.open(store('token-key'), clock)
    return new Trust(options, { source, authority, server, tokens, singleUse: new SingleUse(store('used-tokens'), clock) })
  }

  private constructor(
    options: TrustOptions,
    parts: Pick<Trust, 'authority' | 'server' | 'tokens'> & { readonly source: MaterialSource; readonly singleUse: SingleUse },
  ) {
    const { clock, trustDomain, trustDomainAliases = [], clusters = [], verifiers = [], onSigned } = options
    const { source, authority, server, tokens, singleUse } = parts
    this.#options = options
    this.#source = source
    this.authority = authority
    this.server = server
    this.tokens = tokens
    this.#authenticator = new Authenticator({
      verifiers: [tokens, ...clusters.map(cluster => new ServiceAccountTokens({ ...cluster, trustDomain, clock })), ...verifiers],
      trustDomains: [trustDomain, ...trustDomainAliases],
    })
    const certificates = new CertificateService({
      authority,
      authenticator: this.#authenticator,
      singleUse,
      ...(options.describe && { describe: options.describe }),
      ...(onSigned && { onSigned }),
    })
    this.services = [
      {
        path: CREATE_CERTIFICATE,
        handle: (request, credentials) =>
          certificates
            .createCertificate(request, credentials)
            .catch((error: unknown) => this.#refuse(`sign a certificate for ${credentials.peer}`, error)),
      },
    ]
    this.#publishRoots()
    this.#schedule()
  }

  /** Where other processes of this machine read what to trust: PEM. */
  get rootsFile(): string {
    return path.join(this.#options.directory, FILE_OF_ROOTS)
  }

  /** Who may have which proxy's configuration. */
  readonly admit: Admit = async credentials => {
    const caller = await this.#authenticator
      .authenticate(credentials)
      .catch((error: unknown) => this.#refuse(`serve ${credentials.peer}`, error))
    return node => {
      const reason = nodeRefusal(caller, node, this.#options.serviceAccountOf)
      if (reason === undefined) return
      this.#options.warn(`${reason} (from ${credentials.peer}, authenticated by ${caller.by})`)
      throw new Refusal('PERMISSION_DENIED', reason)
    }
  }

  /** A service that judges nobody by itself, for callers who are known. */
  guarded(service: UnaryService): UnaryService {
    return {
      path: service.path,
      handle: async (request, credentials) => {
        await this.admit(credentials)
        return service.handle(request, credentials)
      },
    }
  }

  /** Looks whether others changed the authority, and does what is due. What fails is told, and what was there goes on. */
  async refresh(): Promise<void> {
    try {
      await this.#source.refresh()
      if (this.#source instanceof SelfSignedRoots && this.#source.due) await this.#source.advance()
      this.server.refresh()
      this.#publishRoots()
      this.#told.problem = ''
    } catch (error) {
      this.#tell(error instanceof Error ? error.message : String(error))
    }
  }

  #tell(problem: string): void {
    const { clock, warn } = this.#options
    if (problem === this.#told.problem && clock.now() < this.#told.at + REPEAT_MS) return
    this.#told = { problem, at: clock.now() }
    warn(problem)
  }

  close(): void {
    this.#cancel()
  }

  #schedule(): void {
    this.#cancel = this.#options.clock.after(REFRESH_MS, () => {
      void this.refresh().then(() => this.#schedule())
    })
  }

  #publishRoots(): void {
    const roots = this.authority.roots.join('')
    const { revoked } = this.authority
    if (roots !== this.#published.roots) replaceFile(this.rootsFile, roots, 0o644)
    if (revoked !== this.#published.revoked) replaceFile(path.join(this.#options.directory, FILE_OF_REVOCATIONS), revoked, 0o644)
    this.#published = { roots, revoked }
    this.#options.bundle?.put(roots, revoked)
  }

  #refuse(action: string, error: unknown): never {
    const reason = error instanceof Error ? error.message : String(error)
    this.#options.warn(`Cannot ${action}: ${reason}`)
    if (error instanceof Unauthenticated) throw new Refusal('UNAUTHENTICATED', reason)
    if (error instanceof RequestError) throw new Refusal('INVALID_ARGUMENT', reason)
    // What is wrong with us is not the caller's to know.
    throw new Refusal('UNAVAILABLE', 'Cannot answer at the moment, try again')
  }
}
