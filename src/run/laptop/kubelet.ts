/**
 * Keeps what runs like what is planned, workload by workload, and publishes the running pods as objects, from which the control plane
 * learns of them.
 */
import type { Contribution } from '../../source/store.ts'
import type { WorkloadPlan } from './plan/pod-plan.ts'
import { RunningPod } from './pod/running-pod.ts'
import type { PodSurroundings } from './pod/surroundings.ts'
import { Replicas } from './replicas.ts'

export interface KubeletOptions {
  readonly around: PodSurroundings
  /** Where the running pods are published. */
  readonly to: Contribution
  /** A pod started, became ready, crashed, is gone. Several changes of one turn are told once. */
  readonly onChange: () => void
  /** Resolves when the proxies have heard of what was published, or soon after all the same. */
  readonly settled: () => Promise<void>
}

export class Kubelet {
  readonly #options: KubeletOptions
  /** In the order in which they are planned; those that are going away last. */
  #workloads = new Map<string, Replicas<RunningPod>>()
  #publishing = false
  #closed = false

  constructor(options: KubeletOptions) {
    this.#options = options
  }

  get pods(): RunningPod[] {
    return [...this.#workloads.values()].flatMap(replicas => replicas.pods)
  }

  /** Everything that is planned runs and is ready. */
  get ready(): boolean {
    return [...this.#workloads.values()].every(replicas => replicas.ready)
  }

  /**
   * @param plans of all workloads
   * @param unsound keys of those that cannot be planned at the moment: they go on as they are
   */
  apply(plans: readonly WorkloadPlan[], unsound: ReadonlySet<string>): void {
    if (this.#closed) return
    const before = this.#workloads
    this.#workloads = new Map(plans.map(({ key }) => [key, before.get(key) ?? this.#newWorkload()]))
    for (const plan of plans) this.#workloads.get(plan.key)?.want(plan)
    for (const [key, replicas] of before) {
      if (this.#workloads.has(key)) continue
      if (!unsound.has(key)) replicas.want(undefined)
      this.#workloads.set(key, replicas)
    }
    this.#changed()
  }

  /** Stops everything at once. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#workloads.values()].map(replicas => replicas.close()))
  }

  #newWorkload(): Replicas<RunningPod> {
    const { around, settled } = this.#options
    const replicas: Replicas<RunningPod> = new Replicas({
      start: plan => {
        const pod = new RunningPod(plan, around, () => {
          replicas.podChanged()
          this.#changed()
        })
        void pod.start()
        return pod
      },
      onChange: () => this.#changed(),
      drained: settled,
      tell: text => around.journal.tell(text),
    })
    return replicas
  }

  /** Told at the end of this turn of the event loop: a pod changes several times in one. */
  #changed(): void {
    if (this.#publishing || this.#closed) return
    this.#publishing = true
    setImmediate(() => {
      this.#publishing = false
      if (this.#closed) return
      this.#forget()
      this.#options.to.publish(this.pods.flatMap(pod => pod.object ?? []))
      this.#options.onChange()
    })
  }

  /** Workloads that are gone, with all their pods. */
  #forget(): void {
    for (const [key, replicas] of this.#workloads) if (replicas.isGone) this.#workloads.delete(key)
  }
}
