/** What the dashboard shows: the parts of a control plane that it may look at, and the little it may do. */

import type { KindId } from '../../api/registry.ts'
import type { Compiled } from '../../compile/mesh.ts'
import type { Objects } from '../../compile/objects.ts'
import type { Mesh } from '../../model/mesh.ts'
import type { Diagnostic } from '../../source/diagnostic.ts'
import type { AdsServer } from '../../xds/server/ads-server.ts'
import type { Collector } from '../observe/collector.ts'
import type { MeshHealth } from '../observe/mesh-health.ts'
import type { ObservedProxy } from '../observe/observed-proxy.ts'
import type { ConfigFiles } from './config-files.ts'

/** An alert's rule, and whether it fires. */
export interface AlertView {
  readonly name: string
  /** "critical", "warning", "info" */
  readonly severity: string
  readonly state: 'firing' | 'pending' | 'quiet'
  /** Service or proxy that it is about; "": all of the mesh. */
  readonly about: string
  /** What it says when it fires. */
  readonly summary: string
  /** What was measured last; "": nothing to tell by. */
  readonly value: string
  /** "VirtualService shop/cart"; "": built in. */
  readonly object: string
  readonly file: string
  readonly line: number
  /** Milliseconds since the epoch; 0: it is quiet. */
  readonly since: number
}

export interface DashboardParts {
  readonly ads: AdsServer
  readonly mesh: () => Mesh
  readonly objects: () => Objects
  /** All there is: of single files, and between objects. */
  readonly diagnostics: () => readonly Diagnostic[]
  /** What other objects would become; nothing is changed. */
  readonly preview: (objects: Objects) => Compiled
  /** Resolves when the sources have published what they say at this moment; rejects with the signal's reason. */
  readonly sync: (signal: AbortSignal) => Promise<void>
  /** Kinds whose objects come from what runs and not from the files. */
  readonly live: ReadonlySet<KindId>
  readonly collector: Collector
  /** Endpoints in trouble, certificates, proxies that lag. */
  readonly health: () => MeshHealth
  /** Those that can be asked. */
  readonly proxies: () => readonly ObservedProxy[]
  /** Rules that hold at present and their state. */
  readonly alerts: () => readonly AlertView[]
  /** undefined: the configuration is not in files. */
  readonly files: ConfigFiles | undefined
  /** What /metrics tells besides, in Prometheus' text. @default nothing */
  readonly moreMetrics?: () => string
  /** Prometheus' service discovery: what is to be scraped; undefined: Prometheus finds it by other ways. */
  readonly scrapeTargets?: (of: 'proxies' | 'applications') => unknown
  /** What is shown of a laptop mesh besides: any JSON; undefined where there is only a control plane. */
  readonly status: () => unknown
  /** "examples/shop", "the cluster": what this is the dashboard of. */
  readonly title: string
}
