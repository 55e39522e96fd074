/**
 * A network namespace for each pod, as on a cluster: an address of its own, a cable to a bridge of this machine, redirection through the
 * sidecar, cluster DNS. Linux and root.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import type { PodPlan } from '../plan/pod-plan.ts'
import { type Entrance, reachable } from '../pod/entrance.ts'
import type { Network, PodNetwork } from '../pod/network.ts'
import type { PortBook } from '../ports.ts'
import { ADMIN_PORT, captureRules, gatewayRules, PROXY_USER } from './capture-rules.ts'
import { clearNetwork } from './clear.ts'
import { etcOf, NetworkNames } from './names.ts'
import { forwardPort, type PortForward } from './port-forward.ts'
import { freeSubnet, type Subnet } from './subnet.ts'
import { attempt, command, findTools, type Tools } from './tools.ts'

export interface IsolationOptions {
  /** Process id of this `mizzen up`. */
  readonly runner: number
  readonly ports: PortBook
  /** Where this machine listens for a gateway's server port. */
  readonly entrance: Entrance
  /** Who the applications run as; undefined: root. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined
}

export class IsolatedNetwork implements Network {
  readonly #options: IsolationOptions
  readonly #tools: Tools
  readonly #names: NetworkNames
  readonly #subnet: Subnet
  readonly #addresses = new Map<string, { readonly ip: string; readonly cable: string }>()
  readonly #forwards = new Set<PortForward>()

  private constructor(options: IsolationOptions, tools: Tools, names: NetworkNames, subnet: Subnet) {
    this.#options = options
    this.#tools = tools
    this.#names = names
    this.#subnet = subnet
  }

  /** Makes the bridge. @throws when the machine lacks something; nothing stays then */
  static async create(options: IsolationOptions): Promise<IsolatedNetwork> {
    const tools = findTools()
    const names = new NetworkNames(options.runner)
    const routes = (await command([tools.ip, '-4', 'route', 'show', 'table', 'all']))
      .split('\n')
      .map(line => line.replace(/^(local|broadcast) /, ''))
    const subnet = freeSubnet(routes, options.runner)
    const network = new IsolatedNetwork(options, tools, names, subnet)
    try {
      await network.#makeBridge()
    } catch (error) {
      await clearNetwork(options.runner)
      throw error
    }
    return network
  }

  /** Of this machine, where pods ask for names. */
  get host(): string {
    return this.#subnet.host
  }

  async attach(plan: PodPlan): Promise<PodNetwork> {
    const namespace = this.#names.namespace(plan.key)
    const { ip, cable } = this.#addressOf(plan)
    await this.#makeNamespace(plan, namespace, ip, cable)
    const isGateway = plan.proxy?.type === 'router'
    const entrances = new Map<number, PortForward>()
    const enter = async ({ ports }: PodPlan) => {
      for (const port of isGateway ? ports : []) if (!entrances.has(port)) entrances.set(port, await this.#enter(plan, ip, port))
    }
    await enter(plan)
    const annotations = (ports: readonly number[]) =>
      isGateway ? gatewayAnnotations(ports) : { 'mizzen.dev/capture': 'iptables' }
    let current = annotations(plan.ports)
    return {
      ip,
      interception: isGateway ? 'NONE' : 'REDIRECT',
      get annotations() {
        return current
      },
      listenAddress: undefined,
      httpProxy: undefined,
      ports: new Map(plan.ports.map(port => [port, port])),
      admin: { host: '0.0.0.0', port: ADMIN_PORT },
      forward: () => undefined,
      applicationTarget: port => ({ host: ip, port }),
      adminTarget: () => ({ host: ip, port: ADMIN_PORT }),
      entrance: serverPort => {
        const port = entrances.get(serverPort)?.port
        return port === undefined ? undefined : { host: reachable(this.#options.entrance.address), port }
      },
      inside: (argv, role) => this.#inside(namespace, argv, role),
      update: async now => {
        await enter(now)
        if (!isGateway || now.ports.every(port => plan.ports.includes(port))) return false
        current = annotations(now.ports)
        return true
      },
      release: async () => {
        for (const forward of entrances.values()) await this.#leave(forward)
        await attempt([this.#tools.ip, 'netns', 'delete', namespace])
      },
    }
  }

  async close(): Promise<void> {
    for (const forward of [...this.#forwards]) await this.#leave(forward)
    await clearNetwork(this.#options.runner)
  }

  async #makeBridge(): Promise<void> {
    const { ip, iptables } = this.#tools
    const { bridge, prefix } = this.#names
    const { host, cidr } = this.#subnet
    await command(
      [ip, '-batch', '-'],
      `link add ${bridge} type bridge\naddress add ${host}/16 dev ${bridge}\nlink set ${bridge} up\n`,
    )
    // Where this machine forwards packets at all, pods reach what is beyond it.
    const comment = ['-m', 'comment', '--comment', prefix]
    await command([
      iptables,
      '-w',
      '-t',
      'nat',
      '-A',
      'POSTROUTING',
      '-s',
      cidr,
      '!',
      '-o',
      bridge,
      ...comment,
      '-j',
      'MASQUERADE',
    ])
    await command([iptables, '-w', '-I', 'FORWARD', '-i', bridge, ...comment, '-j', 'ACCEPT'])
    await command([iptables, '-w', '-I', 'FORWARD', '-o', bridge, ...comment, '-j', 'ACCEPT'])
  }

  async #makeNamespace(plan: PodPlan, namespace: string, address: string, cable: string): Promise<void> {
    const { ip, iptablesRestore } = this.#tools
    const { host } = this.#subnet
    mkdirSync(etcOf(namespace), { recursive: true })
    writeFileSync(`${etcOf(namespace)}/resolv.conf`, resolvConf(plan.namespace, host))
    await command(
      [ip, '-batch', '-'],
      [
        `netns add ${namespace}`,
        `link add ${cable} type veth peer name eth0 netns ${namespace}`,
        `link set ${cable} master ${this.#names.bridge} up`,
        '',
      ].join('\n'),
    )
    await command(
      [ip, '-n', namespace, '-batch', '-'],
      `link set lo up\naddress add ${address}/16 dev eth0\nlink set eth0 up\nroute add default via ${host}\n`,
    )
    const inside = [ip, 'netns', 'exec', namespace]
    if (plan.proxy) {
      const rules = plan.proxy.type === 'router' ? gatewayRules(host) : captureRules(host)
      await command([...inside, iptablesRestore, '-w'], rules)
    }
    // As container runtimes do: port 80 needs no root.
    await command([...inside, '/bin/sh', '-c', 'echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start'])
  }

  #addressOf({ key }: PodPlan): { readonly ip: string; readonly cable: string } {
    const known = this.#addresses.get(key)
    if (known) return known
    const made = { ip: this.#subnet.nextPod(), cable: this.#names.cable(this.#addresses.size) }
    this.#addresses.set(key, made)
    return made
  }

  #inside(namespace: string, argv: readonly string[], role: 'application' | 'proxy'): string[] {
    const { ip, setpriv } = this.#tools
    const { user } = this.#options
    const within = [ip, 'netns', 'exec', namespace]
    if (role === 'proxy') {
      // The rules know it by its user. It may read where only root can: mizzen and its bootstrap may lie in a home directory.
      const capabilities = ['--inh-caps=-all,+dac_read_search', '--ambient-caps=-all,+dac_read_search']
      return [...within, setpriv, `--reuid=${PROXY_USER}`, `--regid=${PROXY_USER}`, '--clear-groups', ...capabilities, ...argv]
    }
    return user
      ? [...within, setpriv, `--reuid=${user.uid}`, `--regid=${user.gid}`, '--init-groups', ...argv]
      : [...within, ...argv]
  }

  async #enter(plan: PodPlan, ip: string, serverPort: number): Promise<PortForward> {
    const { ports, entrance } = this.#options
    const port = await ports.portOf(`${plan.key} server ${serverPort}`, entrance.portFor(serverPort))
    const forward = await forwardPort({ host: entrance.address, port }, { host: ip, port: serverPort })
    this.#forwards.add(forward)
    return forward
  }

  async #leave(forward: PortForward): Promise<void> {
    if (this.#forwards.delete(forward)) await forward.close()
  }
}

function gatewayAnnotations(ports: readonly number[]): Record<string, string> {
  return {
    'mizzen.dev/capture': 'ports',
    'mizzen.dev/address': '0.0.0.0',
    'mizzen.dev/inbound': JSON.stringify(Object.fromEntries(ports.map(port => [port, { listen: port, app: port }]))),
  }
}

/** As the kubelet writes it. */
function resolvConf(namespace: string, nameserver: string): string {
  return `nameserver ${nameserver}\nsearch ${namespace}.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n`
}
