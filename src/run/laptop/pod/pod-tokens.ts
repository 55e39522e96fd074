/** Join tokens of the pods: what tells the control plane who a pod is, in a file that is replaced long before the token expires. */
import type { JoinTokens } from '../../../identity/caller/join-tokens.ts'
import type { Clock } from '../../../lib/clock.ts'
import { replaceFile } from '../../../lib/replace-file.ts'
import type { PodPlan } from '../plan/pod-plan.ts'

/** As long as Kubernetes gives Istio's tokens; replaced at half of it, milliseconds. */
const LIFETIME_MS = 43_200_000

export class PodTokens {
  readonly #tokens: JoinTokens
  readonly #trustDomain: string
  readonly #clock: Clock

  constructor(tokens: JoinTokens, trustDomain: string, clock: Clock) {
    this.#tokens = tokens
    this.#trustDomain = trustDomain
    this.#clock = clock
  }

  /** @returns ends that @throws (rejects) when the first cannot be written */
  async keep({ namespace, serviceAccount, name }: PodPlan, file: string): Promise<() => void> {
    const identity = { trustDomain: this.#trustDomain, namespace, serviceAccount }
    const write = async () => replaceFile(file, await this.#tokens.issue(identity, { lifetimeMs: LIFETIME_MS, pod: name }), 0o600)
    let cancel = () => {}
    const again = () => {
      cancel = this.#clock.after(LIFETIME_MS / 2, () => {
        // One that can't be written is tried again; the one before is good for as long again.
        write().catch(() => {})
        again()
      })
    }
    await write()
    again()
    return () => cancel()
  }
}
