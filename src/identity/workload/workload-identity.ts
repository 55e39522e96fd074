/**
 * A workload's identity on the workload's side: makes the key, which never leaves this process, has it certified, and has a new one certified long before
 * the certificate expires. While the control plane is away, the certificate of before goes on until its end.
 */
import { X509Certificate } from 'node:crypto'
import { Backoff } from '../../lib/backoff.ts'
import type { Clock } from '../../lib/clock.ts'
import { pemBlocks } from '../../lib/pem.ts'
import { unaryCall } from '../../xds/client/unary-call.ts'
import { IstioCertificateRequest, IstioCertificateResponse } from '../../xds/gen/istio/v1/auth/ca.ts'
import type { AgentConfig } from './agent-config.ts'
import { readOr, type WorkloadCertificate, WorkloadCredentials } from './credentials.ts'
import { certificateRequest } from './request.ts'
import { makeKeyPair } from './signing.ts'

export type { WorkloadCertificate } from './credentials.ts'

export interface WorkloadIdentityOptions {
  readonly config: AgentConfig
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** There is a certificate, the first or a new one. */
  readonly onCertificate: (certificate: WorkloadCertificate) => void
  /** It could not be had; tries again after so many milliseconds. */
  readonly onFailure: (reason: string, retryMs: number) => void
}

const PATH = '/istio.v1.auth.IstioCertificateService/CreateCertificate'
const TIMEOUT_MS = 10_000
/** How often it is looked whether something has been revoked. */
const LOOK_MS = 10_000
const FIRST_RETRY_MS = 200
const LAST_RETRY_MS = 10_000
/**
 * Renewed at half its life, give or take a tenth: two hundred workloads that started together do not come back together, and all have as long again to
 * find a control plane.
 */
const RENEW_AT = 0.5
const JITTER = 0.1

export class WorkloadIdentity {
  readonly credentials: WorkloadCredentials
  readonly #options: WorkloadIdentityOptions
  readonly #backoff: Backoff
  #current: WorkloadCertificate | undefined
  #cancel: () => void = () => {}
  #cancelLook: () => void = () => {}
  #closed = false
  /** The control plane has said by its stream what to trust: from then on that counts, and is newer than any file. */
  #told: Pick<WorkloadCertificate, 'roots' | 'revoked'> | undefined

  constructor(options: WorkloadIdentityOptions) {
    this.#options = options
    const { config, clock, random } = options
    this.#backoff = new Backoff({ initialMs: FIRST_RETRY_MS, maxMs: LAST_RETRY_MS, jitter: 0.5, random })
    this.credentials = new WorkloadCredentials(config, () =>
      this.#current !== undefined && this.#current.until > clock.now() ? this.#current : undefined,
    )
  }

  /** undefined: there was none yet. */
  get current(): WorkloadCertificate | undefined {
    return this.#current
  }

  /** Begins; and tries until `close`. */
  start(): void {
    void this.#renew()
    this.#lookAgain()
  }

  close(): void {
    this.#closed = true
    this.#cancel()
    this.#cancelLook()
  }

  /** The control plane says what to trust from now on. @param roots PEM @param revoked PEM; '' when nothing is */
  trust(roots: string, revoked: string): void {
    this.#told = { roots, revoked }
    const current = this.#current
    if (current === undefined || (current.roots === roots && current.revoked === revoked)) return
    this.#current = { ...current, roots, revoked }
    this.#options.onCertificate(this.#current)
  }

  /** Whether more has been revoked: that does not wait for the next certificate. */
  #lookAgain(): void {
    const { clock, config, onCertificate } = this.#options
    if (config.revocationsFile === undefined) return
    this.#cancelLook = clock.after(LOOK_MS, () => {
      if (this.#told !== undefined) return
      this.#lookAgain()
      const revoked = readOr(config.revocationsFile, '')
      if (this.#current === undefined || revoked === this.#current.revoked) return
      this.#current = { ...this.#current, revoked }
      onCertificate(this.#current)
    })
  }

  async #renew(): Promise<void> {
    const { clock, random, onCertificate, onFailure } = this.#options
    try {
      const certificate = await this.#request()
      if (this.#closed) return
      this.#current = certificate
      this.credentials.showsCertificate = true
      this.#backoff.reset()
      const share = RENEW_AT + JITTER * (2 * random() - 1)
      this.#again(share * (certificate.until - clock.now()))
      onCertificate(certificate)
    } catch (error) {
      if (this.#closed) return
      this.credentials.showsCertificate = !this.credentials.showsCertificate
      const retryMs = Math.round(this.#backoff.next())
      this.#again(retryMs)
      onFailure(error instanceof Error ? error.message : String(error), retryMs)
    }
  }

  #again(ms: number): void {
    this.#cancel = this.#options.clock.after(Math.min(ms, LONGEST_TIMER_MS), () => void this.#renew())
  }

  async #request(): Promise<WorkloadCertificate> {
    const { config, clock } = this.#options
    const { controlPlane, keyType = 'ecdsa-p256', certificateSeconds = 0 } = config
    const keys = await makeKeyPair(keyType)
    const csr = certificateRequest(keys)
    const request = IstioCertificateRequest.encode(
      IstioCertificateRequest.fromPartial({ csr, validityDuration: certificateSeconds }),
    )
    const call = { address: controlPlane, security: this.credentials, path: PATH, clock, timeoutMs: TIMEOUT_MS }
    const { certChain } = IstioCertificateResponse.decode(await unaryCall(call, request.finish()))
    const [leaf] = pemBlocks(certChain[0] ?? '', 'CERTIFICATE')
    const roots = certChain.at(-1) ?? ''
    if (leaf === undefined || certChain.length < 2) throw new Error('the answer has no certificate, or no roots')
    const certificate = new X509Certificate(leaf.bytes)
    if (!certificate.checkPrivateKey(keys.privateKey)) throw new Error('the answer is a certificate for another key')
    return {
      chain: certChain.slice(0, -1).join(''),
      key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      roots,
      revoked: readOr(config.revocationsFile, ''),
      ...this.#told,
      since: clock.now(),
      until: certificate.validToDate.getTime(),
    }
  }
}

/** What a timer of Node can wait for: 24 days. Renewing earlier than necessary does no harm. */
const LONGEST_TIMER_MS = 2 ** 31 - 1
