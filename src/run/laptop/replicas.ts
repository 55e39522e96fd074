/**
 * The pods of one workload, kept like its plan: as many as wanted, all of the wanted form. A changed pod goes when its successor is ready;
 * a successor that never becomes ready leaves it where it is.
 */
import { type PodPlan, podOf, type WorkloadPlan } from './plan/pod-plan.ts'

/** What is asked of a pod here. */
export interface ManagedPod {
  readonly plan: PodPlan
  readonly ready: boolean
  /** The plan has changed in something that needs no restart. */
  adopt(plan: PodPlan): Promise<void>
  /** It is to get no new requests: not ready from now on. */
  drain(): void
  stop(quick: boolean): Promise<void>
}

export interface ReplicasOptions<Pod extends ManagedPod> {
  /** Makes and starts a pod. It is to tell `podChanged` of its changes. */
  readonly start: (plan: PodPlan) => Pod
  /** A pod is there that was not, or the other way round. */
  readonly onChange: () => void
  /** Resolves when the proxies have heard that a pod is to get no more requests. */
  readonly drained: () => Promise<void>
  readonly tell: (text: string) => void
}

export class Replicas<Pod extends ManagedPod> {
  readonly #options: ReplicasOptions<Pod>
  /** Oldest first. */
  #pods: Pod[] = []
  #wanted: WorkloadPlan | undefined
  #working: Promise<void> | undefined
  #wake: () => void = () => {}
  /** After its first pods every start is worth a word. */
  #started = false
  #closed = false

  constructor(options: ReplicasOptions<Pod>) {
    this.#options = options
  }

  get pods(): readonly Pod[] {
    return this.#pods
  }

  /** As many as wanted are ready in the wanted form. */
  get ready(): boolean {
    const current = this.#pods.filter(pod => this.#isCurrent(pod))
    return current.length === (this.#wanted?.replicas ?? 0) && current.every(pod => pod.ready)
  }

  /** Not wanted, and nothing left of it. */
  get isGone(): boolean {
    return this.#wanted === undefined && this.#pods.length === 0
  }

  /** @param plan undefined: the workload is gone */
  want(plan: WorkloadPlan | undefined): void {
    this.#wanted = plan
    for (const pod of this.#pods) if (plan && this.#isCurrent(pod)) void pod.adopt({ ...pod.plan, ...plan.pod })
    this.#wake()
    this.#working ??= this.#work()
      .catch(error =>
        this.#options.tell(
          `Cannot change ${plan?.pod.workload.name ?? 'a workload'}: ${error instanceof Error ? error.message : error}`,
        ),
      )
      .finally(() => {
        this.#working = undefined
      })
  }

  /** One of the pods became ready, or ceased to be. */
  podChanged(): void {
    this.#wake()
  }

  /** Stops all at once, whatever is going on. */
  async close(): Promise<void> {
    this.#closed = true
    this.#wake()
    await Promise.all(this.#pods.map(pod => pod.stop(true)))
    await this.#working
  }

  async #work(): Promise<void> {
    while (!this.#closed && (await this.#step())) this.#options.onChange()
  }

  /** Does the next thing that is to be done. @returns false when there was none */
  async #step(): Promise<boolean> {
    const wanted = this.#wanted
    const current = this.#pods.filter(pod => this.#isCurrent(pod))
    const old = this.#pods.filter(pod => !this.#isCurrent(pod))
    if (!wanted) return this.#stop(old, 'is no longer wanted')
    const surplus = current.slice(wanted.replicas)
    if (surplus.length > 0) return this.#stop(surplus, 'is one too many')
    // Of no use to anybody.
    const broken = old.filter(pod => !pod.ready)
    if (broken.length > 0) return this.#stop(broken, 'changed')
    const [first] = old
    if (!first) return this.#startSome(wanted, wanted.replicas - current.length)
    if (!wanted.overlaps) return this.#stop([first], 'changed')
    const waiting = current.find(pod => !pod.ready)
    if (waiting) await this.#changeOf(waiting)
    else if (this.#pods.length <= wanted.replicas && current.length < wanted.replicas) {
      this.#options.tell(`${first.plan.name} changed: it goes when its successor is ready`)
      this.#startSome(wanted, 1)
    } else await this.#stop([first], 'has its successor')
    return true
  }

  #startSome(wanted: WorkloadPlan, count: number): boolean {
    for (let i = 0; i < count; i++) {
      const plan = this.#freePlan(wanted)
      if (this.#started) this.#options.tell(`${plan.name} starts`)
      this.#pods.push(this.#options.start(plan))
    }
    this.#started = true
    return count > 0
  }

  /** With the lowest index that no pod has, so that a workload nobody changes counts from 0. There is always one: n + 1 are looked at. */
  #freePlan(wanted: WorkloadPlan): PodPlan {
    const names = new Set(this.#pods.map(pod => pod.plan.name))
    const plans = Array.from({ length: this.#pods.length + 1 }, (_, index) => podOf(wanted, index))
    return plans.find(({ name }) => !names.has(name)) ?? podOf(wanted, 0)
  }

  async #stop(pods: readonly Pod[], why: string): Promise<boolean> {
    const serving = pods.some(pod => pod.ready)
    for (const pod of pods) {
      this.#options.tell(`${pod.plan.name} ${why}: it stops`)
      pod.drain()
    }
    if (serving) await this.#options.drained()
    await Promise.all(pods.map(pod => pod.stop(this.#closed)))
    this.#pods = this.#pods.filter(pod => !pods.includes(pod))
    return pods.length > 0
  }

  /** Resolves when that pod has become ready, or something else is wanted. */
  async #changeOf(pod: Pod): Promise<void> {
    const wanted = this.#wanted
    while (!pod.ready && this.#wanted === wanted && !this.#closed) {
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
  }

  #isCurrent(pod: Pod): boolean {
    return pod.plan.fingerprint === this.#wanted?.pod.fingerprint
  }
}
