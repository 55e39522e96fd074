/** Names of what --isolate makes in the kernel: all carry the run's process id, so that they can be found and removed without a list. */

/** Interface names have at most 15 characters. */
export class NetworkNames {
  /** Also the comment of the run's iptables rules. */
  readonly prefix: string

  /** @param runner process id of the `mizzen up` */
  constructor(runner: number) {
    this.prefix = `mz${runner.toString(36)}`
  }

  get bridge(): string {
    return this.prefix
  }
  namespace(pod: string): string {
    return `${this.prefix}-${pod.replace('/', '.')}`
  }
  /** The host's end of a pod's cable. */
  cable(index: number): string {
    return `${this.prefix}v${index.toString(36)}`
  }
  isNamespace(name: string): boolean {
    return name.startsWith(`${this.prefix}-`)
  }
}

/** Where `ip netns` looks for files that replace those of /etc inside a namespace. */
export function etcOf(namespace: string): string {
  return `/etc/netns/${namespace}`
}
