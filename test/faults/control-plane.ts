/** A control plane over a directory, in the test's process, so that a test sees what it sends and reports. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ControlPlane } from '../../src/run/control-plane.ts'
import { FileSource } from '../../src/source/files/file-source.ts'
import { Store } from '../../src/source/store.ts'
import { AdsServer } from '../../src/xds/server/ads-server.ts'
import { type GrpcServer, serveAds } from '../../src/xds/server/grpc.ts'
import type { ServerEvent } from '../../src/xds/server/server-event.ts'

export class LocalControlPlane implements AsyncDisposable {
  readonly store = new Store()
  readonly compiled = new ControlPlane(this.store)
  readonly events: ServerEvent[] = []
  readonly ads = new AdsServer({ source: this.compiled, onEvent: event => this.events.push(event) })
  readonly #files: FileSource
  #grpc: GrpcServer | undefined

  private constructor(directory: string) {
    this.#files = new FileSource({ paths: ['.'], cwd: directory }, this.store.source())
  }

  static async start(directory: string, socket: string): Promise<LocalControlPlane> {
    const controlPlane = new LocalControlPlane(directory)
    await controlPlane.#files.start()
    controlPlane.#grpc = await serveAds({ ads: controlPlane.ads, listen: [{ path: socket }] })
    return controlPlane
  }

  /** Everything reported now, "code file:line". */
  reports(): string[] {
    return [...this.store.diagnostics(), ...this.compiled.diagnostics].map(({ code, file, line }) => `${code} ${file}:${line}`)
  }

  /** Resolves when so many proxies have accepted all there is. */
  async synced(proxies: number): Promise<void> {
    await until(`${proxies} proxies are in sync`, () => {
      const status = this.ads.status()
      const settled = status.every(({ types }) => types.every(({ state }) => state === 'SYNCED' || state === 'NOT SENT'))
      return settled && !this.ads.pushing && status.length === proxies && status.every(({ types }) => types.length >= 2)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#files.close()
    await this.#grpc?.close(100)
    this.ads.close()
    this.compiled.close()
  }
}

/** Looks every few milliseconds. @throws after 30 s, with what was waited for */
export async function until(what: string, reached: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000
  while (!(await reached())) {
    if (performance.now() > end) throw new Error(`Waited 30 s until ${what}, in vain`)
    await sleep(5)
  }
}
