/**
 * Keeps what runs like what is planned: starts pods that are new, stops those that are gone, and replaces those that changed one by one
 * within a workload. Publishes the pods as objects, from which the control plane learns of them.
 */
import type { Contribution } from '../../source/store.ts'
import type { PodPlan } from './plan/pod-plan.ts'
import type { Plan } from './plan/pods.ts'
import { type PodSurroundings, RunningPod } from './pod/running-pod.ts'

export interface KubeletOptions {
  readonly around: PodSurroundings
  /** Where the running pods are published. */
  readonly to: Contribution
  /** A pod started, became ready, crashed, is gone. Several changes of one turn are told once. */
  readonly onChange: () => void
  /** Resolves when the proxies have heard of what was published, or soon after all the same. */
  readonly settled: () => Promise<void>
}

/** How long the next pod of a workload waits for a replaced one to become ready. */
const READY_WAIT_MS = 30_000

export class Kubelet {
  readonly #options: KubeletOptions
  readonly #pods = new Map<string, RunningPod>()
  /** What each workload's pods wait for, in order: one change after another. */
  readonly #queues = new Map<string, Promise<void>>()
  #wanted = new Map<string, PodPlan>()
  #readyListeners = new Set<() => void>()
  #publishing = false
  #isFirst = true
  #closed = false

  constructor(options: KubeletOptions) {
    this.#options = options
  }

  /** In the order in which they are planned; those that are going away last. */
  get pods(): RunningPod[] {
    const order = [...this.#wanted.keys()]
    const place = (key: string) => (this.#wanted.has(key) ? order.indexOf(key) : order.length)
    return [...this.#pods.values()].sort((a, b) => place(a.plan.key) - place(b.plan.key))
  }

  /** Everything that is planned runs and is ready. */
  get ready(): boolean {
    return [...this.#wanted.keys()].every(key => this.#pods.get(key)?.ready)
  }

  /** @param plan of all pods; those of workloads that cannot be planned at the moment go on as they are */
  apply({ pods, unsound }: Pick<Plan, 'pods' | 'unsound'>): void {
    if (this.#closed) return
    const wanted = new Map(pods.map(plan => [plan.key, plan]))
    for (const [key, plan] of this.#wanted) if (unsound.has(workloadOf(plan)) && !wanted.has(key)) wanted.set(key, plan)
    this.#wanted = wanted
    for (const key of new Set([...this.#pods.keys(), ...wanted.keys()])) this.#reconcile(key)
    this.#isFirst = false
    this.#changed()
  }

  /** Stops everything at once. */
  async close(): Promise<void> {
    this.#closed = true
    this.#wanted = new Map()
    await Promise.all(this.pods.map(pod => pod.stop(true)))
    await Promise.allSettled(this.#queues.values())
    this.#pods.clear()
  }

  #reconcile(key: string): void {
    const running = this.#pods.get(key)
    const plan = this.#wanted.get(key)
    if (!running && plan) {
      this.#start(plan)
      if (!this.#isFirst) this.#tell(`${plan.name} is new: it starts`)
      return
    }
    if (!running) return
    if (plan?.fingerprint === running.plan.fingerprint) {
      void running.adopt(plan)
      return
    }
    const workload = workloadOf(running.plan)
    const turn = (this.#queues.get(workload) ?? Promise.resolve()).then(() => this.#replace(running))
    this.#queues.set(workload, turn)
  }

  /** Stops that pod, and starts what is planned in its place by then, if anything. */
  async #replace(old: RunningPod): Promise<void> {
    const { key } = old.plan
    if (this.#closed || this.#pods.get(key) !== old) return
    if (this.#wanted.get(key)?.fingerprint === old.plan.fingerprint) return
    const begun = this.#options.around.clock.now()
    this.#tell(
      this.#wanted.has(key) ? `${old.plan.name} changed: it is replaced` : `${old.plan.name} is no longer wanted: it stops`,
    )
    old.drain()
    await this.#options.settled()
    await old.stop(false)
    if (this.#pods.get(key) === old) this.#pods.delete(key)
    const plan = this.#wanted.get(key)
    if (this.#closed || !plan) {
      this.#changed()
      return
    }
    const pod = this.#start(plan)
    await this.#whenReady(pod)
    if (pod.ready)
      this.#tell(`${plan.name} is ready in its new form after ${(this.#options.around.clock.now() - begun) / 1000} s`, 'good')
  }

  #tell(text: string, tone?: 'good'): void {
    this.#options.around.journal.tell(text, tone)
  }

  #start(plan: PodPlan): RunningPod {
    const pod = new RunningPod(plan, this.#options.around, () => this.#changed())
    this.#pods.set(plan.key, pod)
    void pod.start()
    return pod
  }

  async #whenReady(pod: RunningPod): Promise<void> {
    await new Promise<void>(resolve => {
      const listener = () => {
        if (!pod.ready && !this.#closed) return
        cancel()
        this.#readyListeners.delete(listener)
        resolve()
      }
      const cancel = this.#options.around.clock.after(READY_WAIT_MS, () => {
        this.#readyListeners.delete(listener)
        resolve()
      })
      this.#readyListeners.add(listener)
      listener()
    })
  }

  /** Told at the end of this turn of the event loop: a pod changes several times in one. */
  #changed(): void {
    if (this.#publishing) return
    this.#publishing = true
    setImmediate(() => {
      this.#publishing = false
      if (!this.#closed) this.#options.to.publish(this.pods.flatMap(pod => pod.object ?? []))
      for (const listener of [...this.#readyListeners]) listener()
      this.#options.onChange()
    })
  }
}

function workloadOf({ workload, namespace }: PodPlan): string {
  return `${workload.kind} ${namespace}/${workload.name}`
}
