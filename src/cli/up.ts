/** `mizzen up [DIR]` */
import { isIP } from 'node:net'
import { upDetached } from '../run/laptop/detached.ts'
import { ENGINES } from '../run/laptop/plan/pod-plan.ts'
import { up } from '../run/laptop/up.ts'
import { alertmanagerUrl } from './alertmanager-url.ts'
import { authorityFlags } from './authority-flags.ts'
import { durationMs, oneOf, parseFlags, portNumber, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { untilSignal } from './until-signal.ts'

export const USAGE = `Usage: mizzen up [DIR]

Runs the Kubernetes manifests of DIR (default: this directory) as a mesh on this machine: each pod as local processes, each with a sidecar
of its own, steered by the Istio resources there. Edits take effect when they are saved.

  -d, --detach             return when all is ready; "mizzen down" stops it
      --timeout DURATION   how long --detach waits (default 60s)
      --engine ENGINE      data plane of pods that name none: mizzen (default) or envoy
      --ingress-port PORT  where port 80 of a Gateway listens (default 8080)
      --address ADDRESS    where Gateways listen; 0.0.0.0 lets other machines in (default 127.0.0.1)
      --dashboard-host HOST  where others reach the dashboard: an address of this machine (0.0.0.0: all), or a name of it; several times. They may
                           read; whoever opens the link with the token that is printed ($MIZZEN_DASHBOARD_TOKEN, or made anew) may edit
      --with prometheus    starts the Prometheus of this machine beside the mesh, scraping all of it; it ends with the mesh
      --alertmanager URL   alerts go there too: http://127.0.0.1:9093
      --cacerts DIR        an authority of your own, in the files of Istio's secret: ca-cert.pem, ca-key.pem, cert-chain.pem, root-cert.pem
      --ca-key-type TYPE   of the root that the mesh makes: ecdsa-p256 (default) or rsa-2048
      --isolate            a network of its own for each pod: real ports, pod addresses, cluster DNS (Linux, root)
`

const COMPANIONS = ['prometheus'] as const

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags(
    'up',
    args,
    {
      detach: { type: 'boolean', short: 'd' },
      timeout: { type: 'string', default: '60s' },
      engine: { type: 'string', default: 'mizzen' },
      'ingress-port': { type: 'string' },
      address: { type: 'string' },
      isolate: { type: 'boolean', default: false },
      with: { type: 'string', multiple: true, default: [] },
      alertmanager: { type: 'string' },
      'dashboard-host': { type: 'string', multiple: true, default: [] },
      cacerts: { type: 'string' },
      'ca-key-type': { type: 'string' },
    },
    1,
  )
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const [directory = '.'] = positionals
  const engine = oneOf('engine', values.engine, ENGINES)
  const ingressPort = values['ingress-port'] === undefined ? undefined : portNumber('ingress-port', values['ingress-port'])
  const timeoutMs = durationMs('timeout', values.timeout)
  if (values.detach) {
    const same = args.filter(word => word !== '--detach' && word !== '-d')
    const isUp = await upDetached({ args: same, directory, cwd: io.cwd, env: io.env, out: io.stdout, timeoutMs, ingressPort })
    return isUp ? EXIT.ok : EXIT.failed
  }
  const { address, isolate } = values
  if (address !== undefined && isIP(address) === 0)
    throw new UsageError(`Cannot use --address "${address}": expected an IP address`)
  for (const companion of values.with) oneOf('with', companion, COMPANIONS)
  const authority = authorityFlags(values, io.cwd)
  await up({
    authority,
    directory,
    cwd: io.cwd,
    env: io.env,
    engine,
    ingressPort,
    address,
    isolate,
    dashboardHosts: values['dashboard-host'],
    withPrometheus: values.with.includes('prometheus'),
    alertmanager: alertmanagerUrl(values.alertmanager),
    out: io.stdout,
    end: untilSignal(),
  })
  return EXIT.ok
}
