/** The Helm chart, with the real helm: what it makes of values is what `mizzen manifest generate` makes of the same settings. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { writeChart } from '../../scripts/helm.ts'
import { at, isRecord, textAt } from '../../src/kubernetes/client/raw-object.ts'
import { PROFILES } from '../../src/kubernetes/install/defaults.ts'

const repository = path.resolve(import.meta.dirname, '../..')
const fetched = path.join(repository, '.tools/helm')
const helm = existsSync(fetched) ? fetched : 'helm'
const skip = spawnSync(helm, ['version']).status === 0 ? false : 'no helm: scripts/fetch-helm.sh builds it'

describe('the Helm chart', { skip }, () => {
  let folder = ''
  let chart = ''
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'mizzen-chart-'))
    chart = path.join(folder, 'mizzen')
    writeChart(chart)
  })
  after(() => rmSync(folder, { recursive: true }))

  const run = (command: string, args: readonly string[]) =>
    execFileSync(command, args, { encoding: 'utf8', cwd: repository, maxBuffer: 2 ** 27, stdio: ['ignore', 'pipe', 'pipe'] })
  const same = (
    namespace: string,
    flags: readonly string[],
    more: { helm?: readonly string[]; mizzen?: readonly string[] } = {},
  ) => {
    const made = objects(run(helm, ['template', 'mizzen', chart, '-n', namespace, ...flags, ...(more.helm ?? [])]))
    const generate = ['src/cli/main.ts', 'manifest', 'generate', '-n', namespace, ...flags, ...(more.mizzen ?? [])]
    const wanted = objects(run(process.execPath, generate))
    assert.deepEqual(made, wanted)
  }

  it('has nothing that helm finds fault with', () => {
    assert.match(run(helm, ['lint', '--strict', chart]), /0 chart\(s\) failed/)
  })

  for (const profile of Object.keys(PROFILES))
    it(`makes the objects of profile ${profile}`, () =>
      same('istio-system', [], { helm: ['-f', path.join(chart, 'profiles', `${profile}.yaml`)], mizzen: ['--profile', profile] }))

  it('makes the objects of a revision, in another namespace, with settings', () =>
    same('mesh', [
      ...['--set', 'revision=canary', '--set', 'pilot.env.A=b', '--set', 'pilot.autoscaleEnabled=false'],
      ...[
        '--set',
        'meshConfig.accessLogFile=/dev/stdout',
        '--set',
        'global.imagePullSecrets={x}',
        '--set',
        'pilot.image=reg/x:1',
      ],
      ...['--set', 'pilot.nodeSelector.a=b', '--set', 'sidecarInjectorWebhook.enableNamespacesByDefault=true'],
      ...['--set', 'gateways.istio-egressgateway.enabled=true', '--set', 'gateways.istio-ingressgateway.type=NodePort'],
    ]))

  it('refuses values that it does not know', () => {
    assert.throws(() => run(helm, ['template', 'mizzen', chart, '--set', 'pilot.replicas=3']), /replicas/)
  })
})

/** By name, without what says nothing, and without what each of the two keeps for itself. */
function objects(text: string): Map<string, unknown> {
  const all = parseAllDocuments(text).map(document => document.toJS() as unknown)
  const named = all.filter(isRecord).map(object => {
    const data = at(object, 'data')
    // Trees as text: their meaning counts.
    if (isRecord(data)) for (const [key, value] of Object.entries(data)) data[key] = parseAllDocuments(String(value))[0]?.toJS()
    const annotations = at(object, 'metadata', 'annotations')
    if (isRecord(annotations)) delete annotations['helm.sh/resource-policy']
    return [`${textAt(object, 'kind')} ${textAt(object, 'metadata', 'name')}`, withoutEmpty(object)] as const
  })
  return new Map(named.filter(([name]) => !/^Namespace |-installation$/.test(name)).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty)
  if (!isRecord(value)) return value
  const entries = Object.entries(value).map(([name, part]) => [name, withoutEmpty(part)] as const)
  return Object.fromEntries(entries.filter(([, part]) => !isEmpty(part)))
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === '' || (typeof value === 'object' && Object.keys(value).length === 0)
}
