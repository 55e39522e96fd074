/** `mizzen ps [DIR] [-o json]` */
import { findRunning } from '../run/laptop/state/find.ts'
import { type MeshStatus, readMeshStatus } from '../run/laptop/status/mesh-status.ts'
import { oneOf, parseFlags } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { table } from './table.ts'

export const USAGE = `Usage: mizzen ps [DIR] [-o json]

What runs of the mesh of DIR; without DIR, of the mesh of this directory, or of the only one that runs.

  -o, --output json   {ingress, dashboard, controlPlane, workloads, rollouts}
`

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags('ps', args, { output: { type: 'string', short: 'o' } }, 1)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  if (values.output !== undefined) oneOf('output', values.output, ['json'])
  const { state, holder } = findRunning(positionals[0], io)
  const status = readMeshStatus(state, holder.pid)
  if (!status) throw new Error(`Cannot show the mesh of "${holder.directory}": it is just starting, try again in a second`)
  io.stdout.write(values.output === 'json' ? `${JSON.stringify(publicStatus(status), null, 2)}\n` : text(status))
  return EXIT.ok
}

/** What scripts may rely on. */
function publicStatus({ ingress, dashboard, prometheus, controlPlane, workloads, rollouts }: MeshStatus) {
  return {
    ingress,
    dashboard,
    ...(prometheus !== '' && { prometheus }),
    controlPlane,
    workloads: workloads.map(({ namespace, name, version, engine, ready, pid, proxyPid }) => ({
      namespace,
      name,
      version,
      engine,
      ready,
      pid,
      proxyPid,
    })),
    rollouts,
  }
}

function text({ directory, phase, ingress, dashboard, prometheus, workloads, rollouts, problems }: MeshStatus): string {
  const rows = workloads.map(({ namespace, name, version, engine, phase, restarts, pid, proxyPid }) => [
    namespace,
    name,
    version,
    engine,
    phase,
    String(restarts),
    String(pid ?? '-'),
    String(proxyPid ?? '-'),
  ])
  const reasons = workloads.filter(({ reason }) => reason !== '').map(({ name, reason }) => `${name}: ${reason}\n`)
  return [
    `${directory} is ${phase}\n`,
    ...ingress.map(({ host, url }) => `  ingress    ${url}${host === '*' ? '' : `   for the host ${host}`}\n`),
    `  dashboard  ${dashboard}\n`,
    ...(prometheus === '' ? [] : [`  prometheus ${prometheus}\n`]),
    '\n',
    table(['NAMESPACE', 'NAME', 'VERSION', 'ENGINE', 'STATE', 'RESTARTS', 'PID', 'PROXY'], rows),
    ...(reasons.length > 0 ? ['\n', ...reasons] : []),
    ...(rollouts.length > 0 ? ['\n', ...rollouts.map(rolloutLine)] : []),
    ...problems.map(problem => `\n${problem}\n`),
  ].join('')
}

function rolloutLine({ destination, percent, step, steps, phase, reason }: MeshStatus['rollouts'][number]): string {
  return `${destination}: ${percent} %, step ${step} of ${steps}, ${phase}${reason === '' ? '' : `: ${reason}`}\n`
}
