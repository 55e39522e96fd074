/** The dashboards that are shipped, by the name of their file. */
import { controlPlaneDashboard } from './control-plane.ts'
import type { Dashboard } from './dashboard.ts'
import { meshDashboard } from './mesh.ts'
import { performanceDashboard } from './performance.ts'
import { serviceDashboard } from './service.ts'
import { workloadDashboard } from './workload.ts'

export const DASHBOARDS: Readonly<Record<string, Dashboard>> = {
  mesh: meshDashboard,
  service: serviceDashboard,
  workload: workloadDashboard,
  'control-plane': controlPlaneDashboard,
  performance: performanceDashboard,
}
