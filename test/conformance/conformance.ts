/**
 * The Gateway API's conformance suite, prepared and run: the API's kinds of the suite's version, this checkout as a revision of its own with a
 * gateway controller of its own, so that whatever else is installed in the cluster neither helps nor suffers.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parse } from 'yaml'
import { buildImages } from '../../scripts/image.ts'
import { at, listAt, textAt } from '../../src/kubernetes/client/raw-object.ts'
import { apply, get, kubectl, mizzen, repository, uniqueName } from '../kubernetes/cluster/cluster.ts'
import { HUB, imageFlags, images } from '../kubernetes/cluster/images.ts'
import { type Outcome, outcomesOf } from './outcomes.ts'
import { buildEchoImages, buildSuite, kindsDirectory } from './programs.ts'

const REVISION = 'conformance'
const NAMESPACE = 'mizzen-conformance'
const CLASS = 'mizzen-conformance'
const CONTROLLER = 'mizzen.dev/conformance-controller'
const CLUSTER = process.env['MIZZEN_CLUSTER'] ?? path.resolve(repository, '../shared/cluster')
/** A Service of the suite's that has the port which a test wants a Gateway to be reached by. */
const USABLE = 'infra-backend-v1.gateway-conformance-infra.svc.cluster.local'

/** A test machine has few cores, and the suite makes some hundred Gateways. */
const SMALL = { requests: { cpu: '10m', memory: '64Mi' } }

export const PARTS = {
  gateway: {
    // What its GatewayClass says in its status is what is tested.
    labels: { 'mizzen.dev/conformance': 'gateway' },
    flags: [
      '--conformance-profiles=GATEWAY-HTTP,GATEWAY-GRPC,GATEWAY-TLS,GATEWAY-TCP',
      `--gateway-class=${CLASS}`,
      `--usable-address=${USABLE}`,
      '--unusable-address=nobody',
    ],
  },
  mesh: {
    labels: { 'istio.io/rev': REVISION },
    flags: [
      '--conformance-profiles=MESH-HTTP,MESH-GRPC',
      `--supported-features=${[
        ...['Mesh', 'HTTPRoute', 'GRPCRoute', 'MeshConsumerRoute', 'MeshHTTPRouteRewritePath', 'MeshHTTPRouteSchemeRedirect'],
        ...['MeshHTTPRouteRedirectPort', 'MeshHTTPRouteRedirectPath', 'MeshHTTPRouteBackendRequestHeaderModification'],
        ...['MeshHTTPRouteQueryParamMatching', 'MeshHTTPRouteNamedRouteRule'],
        // Of no profile of the mesh: tests that are run and not counted.
        ...['HTTPRouteResponseHeaderModification', 'HTTPRouteParentRefPort', 'HTTPRoute303RedirectStatusCode'],
        ...['HTTPRoute307RedirectStatusCode', 'HTTPRoute308RedirectStatusCode'],
      ].join(',')}`,
    ],
  },
} as const
export type PartName = keyof typeof PARTS

export interface ConformanceRun {
  readonly part: PartName
  /** Names of the suite's tests. @default all */
  readonly only?: readonly string[] | undefined
  /** File for the report. @default none is written */
  readonly report?: string | undefined
  /** What the suite makes stays. @default false */
  readonly keep?: boolean
}

export interface ConformanceResult {
  readonly outcomes: readonly Outcome[]
  /** A sentence for each profile; without `report` none. */
  readonly profiles: readonly string[]
}

export class Conformance {
  /** Of the suite, "v1.6.3". */
  readonly version: string
  /** Has what the suite printed, in output.log. */
  readonly directory: string
  readonly #program: string
  readonly #hadKinds: boolean

  private constructor(fields: { version: string; program: string; directory: string; hadKinds: boolean }) {
    this.version = fields.version
    this.#program = fields.program
    this.directory = fields.directory
    this.#hadKinds = fields.hadKinds
  }

  /** Builds and installs. @throws (rejects) with what could not be had */
  static async prepare(): Promise<Conformance> {
    const directory = mkdtempSync(path.join(tmpdir(), 'mizzen-conformance-'))
    const version = /conformance (v\S+)/.exec(readFileSync(path.join(import.meta.dirname, 'go.mod'), 'utf8'))?.[1] ?? ''
    const program = buildSuite(directory)
    const hadKinds = (await get('crd', 'httproutes.gateway.networking.k8s.io')) !== undefined
    const made = new Conformance({ version, program, directory, hadKinds })
    try {
      if (existsSync(path.join(CLUSTER, 'image'))) buildEchoImages(CLUSTER, directory)
      await applyKinds()
      await install()
    } catch (error) {
      // The first error is the one that tells something.
      await made.remove().catch(() => undefined)
      throw error
    }
    return made
  }

  async run({ part, only, report, keep = false }: ConformanceRun): Promise<ConformanceResult> {
    const { labels, flags } = PARTS[part]
    const tests = only && `/^(${only.join('|')})$`
    if (report !== undefined) mkdirSync(path.dirname(report), { recursive: true })
    const output = await this.#execute([
      '-test.v',
      `-test.run=^TestConformance$${tests ?? ''}`,
      // Two cores: tests beside each other only make each other late.
      '--disable-parallel-tests',
      `--cleanup-base-resources=${!keep}`,
      `--namespace-labels=${Object.entries(labels).map(([name, value]) => `${name}=${value}`)}`,
      ...flags,
      ...(report === undefined ? [] : [...WHO, `--mode=${part}`, `--report-output=${report}`]),
    ])
    return { outcomes: outcomesOf(output), profiles: report !== undefined && existsSync(report) ? profilesOf(report) : [] }
  }

  /** Takes away everything but kinds that were there before. */
  async remove(): Promise<void> {
    await kubectl('delete', 'gatewayclass', CLASS, '--ignore-not-found')
    await mizzen('uninstall', '--revision', REVISION, '--namespace', NAMESPACE, '--yes')
    await kubectl('delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=false')
    if (!this.#hadKinds) await kubectl('delete', ...kindFlags(), '--ignore-not-found', '--timeout=120s')
    rmSync(this.directory, { recursive: true })
  }

  /** @returns what it said, whether it failed or not */
  #execute(args: readonly string[]): Promise<string> {
    return new Promise(resolve => {
      execFile(this.#program, [...args], { cwd: this.directory, maxBuffer: 2 ** 30 }, (_, stdout, stderr) => {
        writeFileSync(path.join(this.directory, 'output.log'), stdout)
        resolve(`${stdout}${stderr}`)
      })
    })
  }
}

const WHO = [
  '--organization=mizzen',
  '--project=mizzen',
  '--url=https://mizzen.dev',
  '--contact=docs/conformance.md',
  '--version=0.1.0',
]

/** Experimental ones: HTTPRoute's retry is among them. The policy that goes with them forbids what other suites install. */
function kindFlags(): string[] {
  const directory = kindsDirectory('experimental')
  return readdirSync(directory)
    .filter(name => name.startsWith('gateway.networking') && !name.includes('_vap_'))
    .flatMap(name => ['-f', path.join(directory, name)])
}

/** Without the label of an installation they are nobody's: neither changed nor taken away by those of other suites. */
async function applyKinds(): Promise<void> {
  const files = kindFlags()
  await kubectl('apply', '--server-side', '--force-conflicts', '--field-manager=gateway-api-conformance', ...files)
  await kubectl('label', ...files, 'install.mizzen.dev/revision-')
  await kubectl('wait', ...files, '--for=condition=Established', '--timeout=30s')
}

async function install(): Promise<void> {
  const tag = await meshImage()
  // The suite needs none of the mesh's own kinds: those that are there are left to whoever installed them.
  const hasOwnKinds = (await get('crd', 'virtualservices.networking.istio.io')) !== undefined
  const selectors = Object.values(PARTS).map(({ labels }) => ({ matchLabels: labels }))
  await mizzen(
    ...['install', '--profile', 'minimal', '--revision', REVISION, '--namespace', NAMESPACE, ...imageFlags(tag)],
    ...['pilot.autoscaleEnabled=false', 'pilot.replicaCount=1', 'pilot.resources.requests.cpu=50m'].flatMap(set),
    ...set(`base.installCRDs=${!hasOwnKinds}`),
    ...set(`pilot.env.PILOT_GATEWAY_API_CONTROLLER_NAME=${CONTROLLER}`),
    ...set('global.trustBundleName=mizzen-conformance-root-cert'),
    ...set(`global.proxy.resources.requests.cpu=${SMALL.requests.cpu}`),
    ...selectors.flatMap(({ matchLabels }, i) =>
      Object.entries(matchLabels).flatMap(([name, value]) =>
        set(`meshConfig.discoverySelectors[${i}].matchLabels.${name.replaceAll('.', '\\.')}=${value}`),
      ),
    ),
  )
  const container = { name: 'istio-proxy', resources: SMALL }
  const parameters = { group: '', kind: 'ConfigMap', name: 'gateways', namespace: NAMESPACE }
  await apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: parameters.name, namespace: NAMESPACE },
    data: { deployment: JSON.stringify({ spec: { template: { spec: { containers: [container] } } } }) },
  })
  await apply({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GatewayClass',
    metadata: { name: CLASS },
    spec: { controllerName: CONTROLLER, parametersRef: parameters },
  })
  // The suite reads what it supports there, and does not wait for it.
  await kubectl('wait', 'gatewayclass', CLASS, '--for=condition=Accepted', '--timeout=60s')
}

/** Where it can be had without the image with Envoy, without it: nothing here asks for that engine. @returns its tag */
async function meshImage(): Promise<string> {
  if (process.env['MIZZEN_TEST_TAG'] || !existsSync(path.join(CLUSTER, 'image'))) return images()
  const tag = uniqueName('conformance')
  buildImages({ hub: HUB, tag, envoy: false, cluster: CLUSTER })
  return tag
}

function set(setting: string): string[] {
  return ['--set', setting]
}

function profilesOf(file: string): string[] {
  return listAt(parse(readFileSync(file, 'utf8')), 'profiles').map(profile => {
    const counts = (level: string) => {
      const { Passed, Failed, Skipped } = Object(at(profile, level, 'statistics'))
      return `${level} ${Passed ?? 0} passed, ${Failed ?? 0} failed, ${Skipped ?? 0} skipped`
    }
    return `${textAt(profile, 'name')}: ${counts('core')}; ${counts('extended')}`
  })
}
