/** The control plane's own certificate for xDS over TLS: signed by its own authority, renewed at half its life, and with the roots of its clients. */

import type { CertificateAuthority } from '../../identity/authority/authority.ts'
import { type Identity, spiffeId } from '../../identity/spiffe.ts'
import { type KeyPair, makeKeyPair } from '../../identity/workload/signing.ts'
import type { Clock } from '../../lib/clock.ts'
import { ipBytes } from '../../lib/ip-bytes.ts'
import type { TlsMaterial } from '../../xds/server/tls-listener.ts'

export interface ServerCertificateOptions {
  readonly authority: CertificateAuthority
  readonly clock: Clock
  readonly identity: Identity
  /** Names and addresses that clients know the control plane by. */
  readonly hosts: readonly string[]
  readonly onRefused: (peer: string, reason: string) => void
}

const LIFETIME_MS = 86_400_000

export class ServerCertificate implements TlsMaterial {
  readonly #options: ServerCertificateOptions
  readonly #keys: KeyPair
  readonly #listeners = new Set<() => void>()
  #current: { readonly cert: string; readonly key: string; readonly ca: string[]; readonly crl?: string }
  #renewAt = 0

  static async make(options: ServerCertificateOptions): Promise<ServerCertificate> {
    return new ServerCertificate(options, await makeKeyPair('ecdsa-p256'))
  }

  private constructor(options: ServerCertificateOptions, keys: KeyPair) {
    this.#options = options
    this.#keys = keys
    this.#current = this.#issue()
  }

  get current() {
    return this.#current
  }

  subscribe(changed: () => void): () => void {
    this.#listeners.add(changed)
    return () => this.#listeners.delete(changed)
  }

  refused(peer: string, reason: string): void {
    this.#options.onRefused(peer, reason)
  }

  /** Called now and then: renews what is due, and takes over other roots. */
  refresh(): void {
    const { authority, clock } = this.#options
    const sameTrust = this.#current.ca.join('') === authority.roots.join('') && (this.#current.crl ?? '') === authority.revoked
    if (sameTrust && clock.now() < this.#renewAt) return
    this.#current = this.#issue()
    for (const changed of this.#listeners) changed()
  }

  #issue() {
    const { authority, clock, identity, hosts } = this.#options
    const { publicKey, privateKey } = this.#keys
    const spki = publicKey.export({ type: 'spki', format: 'der' })
    const ips = hosts.flatMap(host => ipBytes(host) ?? [])
    const dns = hosts.filter(host => ipBytes(host) === undefined)
    const { chain, until } = authority.issue(spki, publicKey, { uris: [spiffeId(identity)], dns, ips }, LIFETIME_MS)
    this.#renewAt = (clock.now() + until) / 2
    return {
      cert: chain.join(''),
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      ca: [...authority.roots],
      ...(authority.revoked && { crl: authority.revoked }),
    }
  }
}
