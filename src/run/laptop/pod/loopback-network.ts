/** All pods on 127.0.0.1, told apart by assigned ports. Needs no rights and no particular system. */
import { isDeepStrictEqual } from 'node:util'
import type { PodPlan } from '../plan/pod-plan.ts'
import type { PortBook } from '../ports.ts'
import { addressAnnotations, assignAddresses, type PodAddresses } from './addresses.ts'
import { type Entrance, reachable } from './entrance.ts'
import type { Network, PodNetwork } from './network.ts'

export const LOOPBACK = '127.0.0.1'

export class LoopbackNetwork implements Network {
  readonly #ports: PortBook
  readonly #entrance: Entrance

  constructor(ports: PortBook, entrance: Entrance) {
    this.#ports = ports
    this.#entrance = entrance
  }

  async attach(plan: PodPlan, forwarded: readonly string[]): Promise<PodNetwork> {
    const { address } = this.#entrance
    const assign = (plan: PodPlan, services: readonly string[]) =>
      assignAddresses(plan, services, this.#ports, this.#entrance.portFor)
    let addresses = await assign(plan, forwarded)
    const annotationsOf = (now: PodAddresses) => ({
      ...addressAnnotations(now),
      ...(plan.proxy?.type === 'router' && address !== LOOPBACK ? { 'mizzen.dev/address': address } : {}),
    })
    let annotations = annotationsOf(addresses)
    const adminPort = await this.#ports.portOf(`${plan.key} admin`)
    return {
      ip: LOOPBACK,
      interception: 'NONE',
      get annotations() {
        return annotations
      },
      listenAddress: LOOPBACK,
      httpProxy: addresses.httpProxy,
      ports: new Map([...addresses.inbound].map(([port, { app }]) => [port, app])),
      admin: { host: LOOPBACK, port: adminPort },
      forward: service => addresses.forwards.get(service),
      applicationTarget: port => ({ host: LOOPBACK, port: addresses.inbound.get(port)?.app ?? port }),
      adminTarget: () => ({ host: LOOPBACK, port: adminPort }),
      entrance(serverPort) {
        const port = addresses.inbound.get(serverPort)?.listen
        return port === undefined ? undefined : { host: reachable(address), port }
      },
      inside: argv => argv,
      async update(plan, services) {
        addresses = await assign(plan, services)
        const now = annotationsOf(addresses)
        if (isDeepStrictEqual(now, annotations)) return false
        annotations = now
        return true
      },
      async release() {},
    }
  }

  async close(): Promise<void> {}
}
