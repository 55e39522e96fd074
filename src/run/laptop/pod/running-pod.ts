/**
 * One pod on this machine: its proxy first, so that the application finds the mesh when it starts, then init containers one after
 * another, then all containers. Tells of every change; what the pod amounts to is asked for.
 */
import { randomUUID } from 'node:crypto'
import type { Pod } from '../../../api/registry.ts'
import { replaceFile } from '../../../lib/replace-file.ts'
import type { EngineCommand } from '../../engine.ts'
import { containerEnv } from '../env/container-env.ts'
import type { ContainerPlan, Engine, PodPlan } from '../plan/pod-plan.ts'
import { type Child, describeExit, startChild } from '../process/child.ts'
import { runToEnd } from '../process/run-to-end.ts'
import { type Program, type ProgramState, Supervised } from '../process/supervised.ts'
import type { PodFiles } from '../state/directory.ts'
import { crashAdvice } from './crash-advice.ts'
import type { PodNetwork } from './network.ts'
import { podObject } from './pod-object.ts'
import { containerProgram, grpcBootstrapOf, proxyBootstrap, proxyProgram } from './programs.ts'
import { containerSurroundings, type PodSurroundings } from './surroundings.ts'

/** What an application has to finish its requests before its proxy drains as well. */
const AHEAD_MS = 1000
/** When everything ends: nobody who presses Ctrl-C waits for Kubernetes' half minute. */
const QUICK_MS = { application: 3000, ahead: 200, proxy: 200 } as const

export type PodPhase = 'starting proxy' | 'initialising' | 'starting' | 'ready' | 'not ready' | 'failed' | 'stopping'

export class RunningPod {
  #plan: PodPlan
  readonly #around: PodSurroundings
  readonly #onChange: () => void
  readonly #uid: string = randomUUID()
  readonly #startedAt: string
  #network: PodNetwork | undefined
  #published: { readonly ready: boolean; readonly annotations: PodNetwork['annotations']; readonly object: Pod } | undefined
  #proxy: Supervised | undefined
  #endToken: () => void = () => {}
  #containers = new Map<string, Supervised>()
  #initialising: Child | undefined
  #phase: 'proxy' | 'init' | 'containers' | 'failed' | 'stopping' = 'proxy'
  #failure = ''

  constructor(plan: PodPlan, around: PodSurroundings, onChange: () => void) {
    this.#plan = plan
    this.#around = around
    this.#onChange = onChange
    this.#startedAt = new Date(around.clock.now()).toISOString()
  }

  get plan(): PodPlan {
    return this.#plan
  }

  async start(): Promise<void> {
    const { plan } = this
    try {
      this.#network = await this.#around.network.attach(plan, this.#around.forwarded())
      this.#onChange()
      if (this.#isStopping()) return
      if (plan.proxy?.type === 'grpc') await this.#startAgent(this.#network)
      else if (plan.proxy) await this.#startProxy(this.#network, plan.proxy.engine)
      else await this.#startApplication(this.#network)
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error))
    }
  }

  get ready(): boolean {
    if (this.#phase !== 'containers' || (this.#proxy && this.#proxy.state.phase !== 'ready')) return false
    return [...this.#containers.values()].every(({ state }) => state.phase === 'ready')
  }

  get phase(): PodPhase {
    if (this.#phase === 'proxy') return 'starting proxy'
    if (this.#phase === 'init') return 'initialising'
    if (this.#phase !== 'containers') return this.#phase
    if (this.ready) return 'ready'
    const states = [this.#proxy, ...this.#containers.values()].map(program => program?.state.phase)
    return states.some(phase => phase === 'crashed' || phase === 'unready') ? 'not ready' : 'starting'
  }

  /** Why it is not ready, in one sentence; '' when there is nothing to say. */
  get reason(): string {
    if (this.#failure) return this.#failure
    for (const [name, { state }] of [...(this.#proxy ? [['proxy', this.#proxy] as const] : []), ...this.#containers]) {
      if (state.phase === 'unready') return `${name}: ${state.reason}`
      if (state.phase === 'crashed') return `${name} ended: ${state.reason}`
    }
    return ''
  }

  /** Of the first container. */
  get pid(): number | undefined {
    return this.#containers.values().next().value?.pid
  }

  get proxyPid(): number | undefined {
    return this.#proxy?.pid
  }

  get restarts(): number {
    return [this.#proxy, ...this.#containers.values()].reduce((sum, program) => sum + (program?.restarts ?? 0), 0)
  }

  get network(): PodNetwork | undefined {
    return this.#network
  }

  /** As the control plane is to know it, the same object until something changes; undefined before it has an address. */
  get object(): Pod | undefined {
    const { annotations, ip } = this.#network ?? {}
    if (!annotations || ip === undefined) return undefined
    const { ready } = this
    if (this.#published?.ready !== ready || this.#published.annotations !== annotations) {
      const status = { uid: this.#uid, ip, node: this.#around.nodeName, ready, annotations, startedAt: this.#startedAt }
      this.#published = { ready, annotations, object: podObject(this.plan, status) }
    }
    return this.#published.object
  }

  /** A plan with the same fingerprint, and the services that are forwarded now. A running application keeps its environment. */
  async adopt(plan: PodPlan): Promise<void> {
    this.#plan = plan
    if (await this.#network?.update(plan, this.#around.forwarded())) this.#onChange()
  }

  /** No more new requests, please: it counts as not ready from now on. */
  drain(): void {
    this.#phase = 'stopping'
    this.#onChange()
  }

  /**
   * The application first: what it still says goes through the proxy. After a moment the proxy drains too, so that nobody waits for
   * connections that are merely kept alive.
   * @param quick the whole mesh ends: nobody is left to be served
   */
  async stop(quick: boolean): Promise<void> {
    this.#phase = 'stopping'
    const limitMs = quick ? QUICK_MS.application : this.plan.graceMs
    const application = Promise.all([
      this.#initialising?.stop(limitMs),
      ...[...this.#containers.values()].map(program => program.stop(limitMs)),
    ])
    await Promise.race([
      application,
      new Promise<void>(resolve => this.#around.clock.after(quick ? QUICK_MS.ahead : AHEAD_MS, resolve)),
    ])
    await Promise.all([application, this.#proxy?.stop(quick ? QUICK_MS.proxy : undefined)])
    this.#endToken()
    await this.#network?.release()
  }

  async #startProxy(network: PodNetwork, engine: Engine): Promise<void> {
    const { plan } = this
    const { controlPlane, files: filesOf, engineCommand } = this.#around
    const files = filesOf(plan)
    // An Envoy asks its agent; only what has the token asks the control plane.
    const server = engine === 'envoy' ? { path: files.xdsSocket } : controlPlane
    replaceFile(files.bootstrap, proxyBootstrap(plan, network, server, files.sdsSocket), 0o600)
    await this.#writeIdentity(files)
    if (!this.#isStopping()) this.#runProxy(network, engineCommand(engine, files))
  }

  /** For an application that is its own data plane: its certificates, and the way to the control plane. */
  async #startAgent(network: PodNetwork): Promise<void> {
    const { plan } = this
    // Its files would have to be another user's, in a directory that only this one may enter.
    if (network.interception === 'REDIRECT')
      throw new Error(
        'an application without a proxy does not run in a network of its own: leave out --isolate, or its annotation',
      )
    const { files: filesOf, grpcAgentCommand, certificateSeconds } = this.#around
    const files = filesOf(plan)
    replaceFile(files.grpcBootstrap, grpcBootstrapOf(plan, network, files, certificateSeconds), 0o600)
    await this.#writeIdentity(files)
    if (!this.#isStopping()) this.#runProxy(network, grpcAgentCommand(files, network.admin))
  }

  async #writeIdentity({ identity, token }: PodFiles): Promise<void> {
    const { controlPlane, keepToken, certificateSeconds, revocationsFile } = this.#around
    const agent = { controlPlane, tokenFile: token, certificateSeconds, revocationsFile }
    replaceFile(identity, JSON.stringify(agent), 0o600)
    this.#endToken = await keepToken(this.plan, token)
  }

  #runProxy(network: PodNetwork, command: EngineCommand): void {
    const program = proxyProgram(this.plan, network, command, '/')
    this.#proxy = this.#supervise(program, 'proxy', state => {
      if (state.phase === 'ready' && this.#phase === 'proxy') void this.#startApplication(network)
    })
    this.#proxy.start()
  }

  /** Does not throw. */
  async #startApplication(network: PodNetwork): Promise<void> {
    this.#phase = 'init'
    this.#onChange()
    for (const container of this.plan.initContainers) if (!(await this.#initialise(container, network))) return
    const programs = this.plan.containers.map(container => ({ container, program: this.#programOf(container, network) }))
    if (this.#isStopping()) return
    this.#phase = this.#failure ? 'failed' : 'containers'
    for (const { container, program } of programs) {
      if (program && !this.#failure)
        this.#containers.set(
          container.name,
          this.#supervise(program, container.name, () => {}),
        )
    }
    for (const program of this.#containers.values()) program.start()
    this.#onChange()
  }

  /** Runs to its end, again and again until that is a good one. @returns false when the pod is stopped meanwhile */
  async #initialise(container: ContainerPlan, network: PodNetwork): Promise<boolean> {
    const program = this.#programOf(container, network)
    if (!program) {
      this.#phase = 'failed'
      this.#onChange()
      return false
    }
    for (;;) {
      this.#initialising = startChild(program.command, this.#output(container.name), this.#around.ledger)
      const exit = await this.#initialising.ended
      this.#initialising = undefined
      if (this.#isStopping()) return false
      if (exit.kind === 'exited' && exit.code === 0) return true
      this.#around.journal.tell(
        `${this.plan.name}: init container ${container.name} ended: ${describeExit(exit)}; it runs again in 2 s`,
        'bad',
      )
      await new Promise<void>(resolve => this.#around.clock.after(2000, resolve))
      if (this.#isStopping()) return false
    }
  }

  /** @returns undefined when it cannot start, which the pod's failure then says */
  #programOf(container: ContainerPlan, network: PodNetwork): Program | undefined {
    const { plan } = this
    const made = containerEnv(container, containerSurroundings(plan, this.#uid, network, this.#around))
    for (const note of made.notes) this.#around.journal.line(this.#source(container.name), `(mizzen) ${note}`)
    if (made.problems.length > 0) {
      this.#fail(`${container.name}: ${made.problems.join('; ')}`)
      return undefined
    }
    const beside = { name: `${plan.key}/${container.name} probe`, cwd: container.workdir, env: made.env }
    const runBeside = (argv: readonly string[], timeoutMs: number) =>
      runToEnd({ ...beside, argv: network.inside(argv, 'application') }, timeoutMs, this.#around.ledger)
    const certificates = plan.proxy?.type === 'grpc' ? this.#around.files(plan).certificates : undefined
    return containerProgram(plan, container, made, network, runBeside, certificates)
  }

  #supervise(program: Program, part: string, onState: (state: ProgramState) => void): Supervised {
    const { clock, ledger, journal } = this.#around
    const { name } = this.plan
    const startedAt = clock.now()
    return new Supervised({
      program,
      clock,
      ledger,
      output: this.#output(part),
      onState: state => {
        if (state.phase === 'crashed') {
          const who = this.plan.containers.length === 1 && part !== 'proxy' ? name : `${name}/${part}`
          journal.tell(`${who} ended: ${state.reason}; it starts again in ${state.retryMs / 1000} s`, 'bad')
          const advice = part === 'proxy' ? undefined : crashAdvice(program.command, clock.now() - startedAt)
          if (advice) journal.tell(`${who}: ${advice}`, 'warning')
        }
        if (state.phase === 'unready') journal.tell(`${name} is not ready: ${part}: ${state.reason}`, 'warning')
        onState(state)
        this.#onChange()
      },
    })
  }

  #output(part: string) {
    const source = this.#source(part)
    return {
      // A proxy that stops tells of every connection that ends with it.
      line: (text: string) => {
        if (part !== 'proxy' || !this.#isStopping()) this.#around.journal.line(source, text)
      },
    }
  }

  /** The only container of a pod speaks for the pod. */
  #source(part: string): string {
    return part !== 'proxy' && this.plan.containers.length === 1 && this.plan.initContainers.length === 0
      ? this.plan.key
      : `${this.plan.key}/${part}`
  }

  #isStopping(): boolean {
    return this.#phase === 'stopping'
  }

  #fail(reason: string): void {
    this.#failure = reason
    this.#phase = 'failed'
    this.#around.journal.tell(`${this.plan.name} cannot start: ${reason}`, 'bad')
    this.#onChange()
  }
}
