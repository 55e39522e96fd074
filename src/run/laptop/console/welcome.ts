/** What is said when all is ready: where to look, and what to try. */
import { readHints } from '../hints.ts'
import type { MeshStatus } from '../status/mesh-status.ts'
import type { Paint } from './paint.ts'

export interface WelcomeAround {
  /** As the user typed it. */
  readonly directory: string
  readonly absolute: string
  readonly ingressPort: number | undefined
  /** How to call mizzen again. */
  readonly commandLine: string
  /** What stops the mesh. */
  readonly stop: string
}

export function welcome(
  { ingress, dashboard, dashboardLogin, prometheus, workloads }: Omit<MeshStatus, 'phase'>,
  around: WelcomeAround,
  paint: Paint,
): string {
  const { directory, absolute, ingressPort, commandLine, stop } = around
  const [first] = ingress
  const seconds = process.uptime().toFixed(1)
  const lines = [`\n${paint(`${workloads.length} workloads are ready`, 'green')} after ${seconds} s\n`]
  for (const { host, url } of ingress)
    lines.push(`  ingress    ${paint(url, 'bold')}${host === '*' ? '' : `   for the host ${host}`}`)
  const wanted = ingressPort ?? 8080
  if (first && URL.parse(first.url)?.port !== String(wanted)) {
    lines.push(paint(`             port ${wanted} is in use by another program; --ingress-port chooses another`, 'yellow'))
  }
  lines.push(`  dashboard  ${paint(dashboard, 'bold')}`)
  if (dashboardLogin !== '')
    lines.push(`             others may read it there; whoever opens ${paint(dashboardLogin, 'bold')} may edit`)
  if (prometheus !== '') lines.push(`  prometheus ${paint(prometheus, 'bold')}`)
  const hints = readHints(absolute, {
    ingress: first?.url ?? '',
    dashboard,
    dir: directory.replace(/\/+$/, ''),
    mizzen: commandLine,
  })
  if (hints !== undefined) lines.push('', hints)
  lines.push('', paint(`${stop} stops everything.`, 'grey'), '')
  return `${lines.join('\n')}\n`
}
