/** The page over a control plane that has nothing: for tests that bring their own answers, or ask nothing of it. */
import { systemClock } from '../../src/lib/clock.ts'
import { ControlPlane } from '../../src/run/control-plane.ts'
import type { DashboardParts } from '../../src/run/dashboard/parts.ts'
import { type DashboardOptions, serveDashboard } from '../../src/run/dashboard/server.ts'
import { Collector } from '../../src/run/observe/collector.ts'
import { Store } from '../../src/source/store.ts'
import { AdsServer } from '../../src/xds/server/ads-server.ts'

export interface BareDashboard {
  readonly url: string
  close(): Promise<void>
}

/** @param address where it listens @param parts that are not empty */
export async function bareDashboard(
  address: Partial<DashboardOptions> = {},
  parts: Partial<DashboardParts> = {},
): Promise<BareDashboard> {
  const store = new Store()
  const controlPlane = new ControlPlane(store)
  const ads = new AdsServer({ source: controlPlane })
  const page = await serveDashboard({
    host: '127.0.0.1',
    ...address,
    port: 0,
    parts: {
      ads,
      mesh: () => controlPlane.mesh,
      objects: () => store.snapshot().objects,
      diagnostics: () => [],
      preview: objects => controlPlane.preview(objects),
      sync: () => Promise.resolve(),
      live: new Set(),
      collector: new Collector({ clock: systemClock, proxies: () => [] }),
      health: () => ({ endpoints: [], ready: new Map(), certificates: [], proxies: [] }),
      alerts: () => [],
      proxies: () => [],
      files: undefined,
      status: () => undefined,
      title: 'a mesh of nobody',
      ...parts,
    },
  })
  return {
    url: page.url,
    async close() {
      await page.close()
      ads.close()
      controlPlane.close()
    },
  }
}
