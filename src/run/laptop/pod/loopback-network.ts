/** All pods on 127.0.0.1, told apart by assigned ports. Needs no rights and no particular system. */
import { isDeepStrictEqual } from 'node:util'
import type { PodPlan } from '../plan/pod-plan.ts'
import type { PortBook } from '../ports.ts'
import { addressAnnotations, assignAddresses } from './addresses.ts'
import type { Network, PodNetwork } from './network.ts'

export const LOOPBACK = '127.0.0.1'

export class LoopbackNetwork implements Network {
  readonly #ports: PortBook
  readonly #entrance: (serverPort: number) => number

  /** @param ingressPort where gateways listen for port 80, if it is free @default 8080 */
  constructor(ports: PortBook, ingressPort = 8080) {
    this.#ports = ports
    this.#entrance = port => (port === 80 ? ingressPort : port < 1024 ? port + 8000 : port)
  }

  async attach(plan: PodPlan, forwarded: readonly string[]): Promise<PodNetwork> {
    const assign = (plan: PodPlan, services: readonly string[]) => assignAddresses(plan, services, this.#ports, this.#entrance)
    let addresses = await assign(plan, forwarded)
    let annotations = addressAnnotations(addresses)
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
      adminPort,
      forward: service => addresses.forwards.get(service),
      applicationTarget: port => ({ host: LOOPBACK, port: addresses.inbound.get(port)?.app ?? port }),
      adminTarget: () => ({ host: LOOPBACK, port: adminPort }),
      entrance(serverPort) {
        const port = addresses.inbound.get(serverPort)?.listen
        return port === undefined ? undefined : { host: LOOPBACK, port }
      },
      inside: argv => argv,
      async update(plan, services) {
        addresses = await assign(plan, services)
        const now = addressAnnotations(addresses)
        if (isDeepStrictEqual(now, annotations)) return false
        annotations = now
        return true
      },
      async release() {},
    }
  }

  async close(): Promise<void> {}
}
