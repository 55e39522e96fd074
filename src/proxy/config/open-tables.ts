/**
 * Route tables whose virtual hosts are resources of their own (VHDS): hosts are kept by table, whichever comes first, and a change compiles only
 * what changed. A host's resource is named "table/host".
 */
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import type { RouteConfiguration } from '../../xds/gen/envoy/config/route/v3/route.ts'
import { VirtualHost } from '../../xds/gen/envoy/config/route/v3/route_components.ts'
import { tableOf } from '../../xds/wire/virtual-host-name.ts'
import { type CompiledVirtualHost, TableCompiler } from '../route/compile.ts'
import type { RouteTable } from '../route/decision.ts'

interface Host {
  readonly bytes: Uint8Array
  /** undefined: there is no table yet to compile it for. */
  readonly compiled: CompiledVirtualHost | undefined
}

type Hosts = Map<string, Host>

/** A table and the hosts that came for it; either may come first. */
interface OpenTable {
  compiler: TableCompiler | undefined
  hosts: Hosts
}

export interface HostUpdate {
  readonly updated: readonly { readonly name: string; readonly bytes: Uint8Array }[]
  readonly removed: readonly string[]
}

export class OpenTables {
  readonly #tables = new Map<string, OpenTable>()
  readonly #publish: (name: string, table: RouteTable) => void

  /** @param publish is given each table that changed */
  constructor(publish: (name: string, table: RouteTable) => void) {
    this.#publish = publish
  }

  /** Whether some table waits for virtual hosts from outside. */
  get any(): boolean {
    for (const { compiler } of this.#tables.values()) if (compiler) return true
    return false
  }

  /** A new version of a table. Without any host it is published when the first comes. @throws on what cannot be honoured; the version before stays */
  put(config: RouteConfiguration): void {
    const { hosts } = this.#of(config.name)
    const compiler = new TableCompiler(config)
    const compiled: Hosts = new Map(
      [...hosts].map(([name, { bytes }]) => [name, { bytes, compiled: compiler.virtualHost(VirtualHost.decode(bytes)) }]),
    )
    this.#replace(config.name, compiler, compiled)
  }

  /** The table is gone, or has all its hosts in itself; hosts that came for it are kept: the control plane takes them to be here. */
  close(name: string): void {
    const table = this.#tables.get(name)
    if (table) table.compiler = undefined
  }

  /** No table is open any more, and nobody will tell what becomes of their hosts. */
  clear(): void {
    this.#tables.clear()
  }

  /** @returns what was refused, by name, with the reason: a host that cannot be honoured, or all of a table's together */
  update({ updated, removed }: HostUpdate): Map<string, string> {
    const refused = new Map<string, string>()
    const changed = new Map<string, Hosts>()
    const hostsOf = (table: string) => {
      const found = changed.get(table) ?? new Map(this.#of(table).hosts)
      changed.set(table, found)
      return found
    }
    for (const name of removed) hostsOf(tableOf(name)).delete(name)
    for (const { name, bytes: received } of updated) {
      const bytes = Buffer.from(received)
      const { compiler } = this.#of(tableOf(name))
      try {
        hostsOf(tableOf(name)).set(name, { bytes, compiled: compiler?.virtualHost(VirtualHost.decode(bytes)) })
      } catch (error) {
        refused.set(name, reason(error))
      }
    }
    for (const [table, hosts] of changed) {
      try {
        this.#replace(table, this.#of(table).compiler, hosts)
      } catch (error) {
        for (const { name } of updated) if (tableOf(name) === table) refused.set(name, reason(error))
      }
    }
    return refused
  }

  /** The table as one message, for people to look at. @param table as it came */
  whole(name: string, table: Uint8Array): Uint8Array {
    const { compiler, hosts } = this.#of(name)
    if (!compiler) return table
    const writer = new BinaryWriter()
    for (const { bytes } of hosts.values()) writer.uint32(VIRTUAL_HOSTS_TAG).bytes(bytes)
    return Buffer.concat([table, writer.finish()])
  }

  #replace(name: string, compiler: TableCompiler | undefined, hosts: Hosts): void {
    const table = compiler?.table([...hosts.values()].flatMap(host => host.compiled ?? []))
    this.#tables.set(name, { compiler, hosts })
    if (table && hosts.size > 0) this.#publish(name, table)
  }

  #of(name: string): OpenTable {
    const found = this.#tables.get(name) ?? { compiler: undefined, hosts: new Map() }
    this.#tables.set(name, found)
    return found
  }
}

/** RouteConfiguration.virtual_hosts, length-delimited */
const VIRTUAL_HOSTS_TAG = (2 << 3) | 2

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
