/**
 * An authority that somebody else's root vouches for, in the files of Istio's secret `cacerts`: ca-cert.pem and ca-key.pem sign, cert-chain.pem leads
 * from there to a root, root-cert.pem is what workloads trust (several during a replacement), ca-crl.pem is optional.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Clock } from '../../lib/clock.ts'
import { pemBlocks } from '../../lib/pem.ts'
import { issuerOf } from './certificate.ts'
import { checkRevocations, subjectOf } from './check-revocations.ts'
import type { MaterialSource, SigningMaterial } from './material.ts'

const FILES = ['ca-cert.pem', 'ca-key.pem', 'cert-chain.pem', 'root-cert.pem', 'ca-crl.pem'] as const
type Texts = Readonly<Record<(typeof FILES)[number], string>>

export class PluggedInAuthority implements MaterialSource {
  readonly #directory: string
  readonly #clock: Clock
  #texts: Texts
  #current: SigningMaterial

  /** @throws naming the file, and what is wrong with it */
  constructor(directory: string, clock: Clock) {
    this.#directory = directory
    this.#clock = clock
    this.#texts = this.#read()
    this.#current = this.#material(this.#texts)
  }

  get current(): SigningMaterial {
    return this.#current
  }

  refresh(): void {
    const texts = this.#read()
    if (FILES.every(file => texts[file] === this.#texts[file])) return
    this.#current = this.#material(texts)
    this.#texts = texts
  }

  #read(): Texts {
    const read = (file: string, optional: boolean) => {
      try {
        return readFileSync(path.join(this.#directory, file), 'utf8')
      } catch (error) {
        if (optional && error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
        throw this.#error(file, error)
      }
    }
    return {
      'ca-cert.pem': read('ca-cert.pem', false),
      'ca-key.pem': read('ca-key.pem', false),
      'cert-chain.pem': read('cert-chain.pem', true),
      'root-cert.pem': read('root-cert.pem', false),
      'ca-crl.pem': read('ca-crl.pem', true),
    }
  }

  #material(texts: Texts): SigningMaterial {
    const [certificate] = this.#certificates('ca-cert.pem', texts)
    const chain = texts['cert-chain.pem'] === '' ? [] : this.#certificates('cert-chain.pem', texts)
    const roots = this.#certificates('root-cert.pem', texts)
    if (certificate === undefined || roots.length === 0) throw this.#error('root-cert.pem', 'it holds no certificate')
    const key = this.#try('ca-key.pem', () => createPrivateKey(texts['ca-key.pem']))
    if (!certificate.checkPrivateKey(key)) throw this.#error('ca-key.pem', 'it is not the key of ca-cert.pem')
    if (!certificate.ca) throw this.#error('ca-cert.pem', 'it is no certificate of an authority (basicConstraints CA:TRUE)')
    const validity = { from: certificate.validFromDate.getTime(), until: certificate.validToDate.getTime() }
    const now = this.#clock.now()
    if (now > validity.until) throw this.#error('ca-cert.pem', `it expired on ${certificate.validToDate.toISOString()}`)
    if (now < validity.from) throw this.#error('ca-cert.pem', `it is valid from ${certificate.validFromDate.toISOString()} on`)
    const path = this.#pathToRoot(certificate, chain, roots)
    const crl = texts['ca-crl.pem']
    if (crl !== '') {
      const last = path.at(-1) ?? certificate
      const above = roots.find(root => isIssuedBy(last, root)) ?? last
      const authorities = new Map(
        [certificate, ...path, above].map(({ fingerprint256, raw }) => [fingerprint256, subjectOf(raw)]),
      )
      this.#try('ca-crl.pem', () => checkRevocations(crl, [...authorities.values()], now))
    }
    return {
      issuer: issuerOf(key, subjectOf(certificate.raw)),
      validity,
      intermediates: path.map(step => step.toString()),
      roots: roots.map(root => root.toString()),
      revoked: crl,
    }
  }

  /** What workloads must present for a root to vouch for them: none of it when the authority is a root itself. */
  #pathToRoot(
    certificate: X509Certificate,
    chain: readonly X509Certificate[],
    roots: readonly X509Certificate[],
  ): X509Certificate[] {
    const path: X509Certificate[] = []
    for (let at: X509Certificate | undefined = certificate; at !== undefined && path.length <= chain.length + 1; ) {
      const step: X509Certificate = at
      if (roots.some(root => root.fingerprint256 === step.fingerprint256)) return path
      path.push(step)
      if (roots.some(root => isIssuedBy(step, root))) return path
      at = chain.find(next => next.fingerprint256 !== step.fingerprint256 && isIssuedBy(step, next))
    }
    throw this.#error('cert-chain.pem', 'it does not lead from ca-cert.pem to a certificate in root-cert.pem')
  }

  #certificates(file: (typeof FILES)[number], texts: Texts): X509Certificate[] {
    const blocks = pemBlocks(texts[file], 'CERTIFICATE')
    if (blocks.length === 0) throw this.#error(file, 'it holds no certificate')
    return this.#try(file, () => blocks.map(({ bytes }) => new X509Certificate(bytes)))
  }

  #try<T>(file: string, step: () => T): T {
    try {
      return step()
    } catch (error) {
      throw this.#error(file, error)
    }
  }

  #error(file: string, reason: unknown): Error {
    const text = reason instanceof Error ? reason.message : String(reason)
    return new Error(`Cannot use the authority in "${this.#directory}": ${file}: ${text}`)
  }
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}
