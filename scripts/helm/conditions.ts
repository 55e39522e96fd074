/**
 * What an object's being there, or its form, depends on: the booleans of the settings, as Helm asks for them. Without the kinds, which depend on
 * one thing only.
 */
import type { Manifest } from '../../src/kubernetes/install/manifest.ts'
import { manifestName } from '../../src/kubernetes/install/manifest.ts'
import { installation } from '../../src/kubernetes/install/objects.ts'
import type { Settings } from '../../src/kubernetes/install/settings.ts'
import { symbolic } from './symbols.ts'
import { reference, templateOf } from './template.ts'

const BOOLEANS = [
  'cni.enabled',
  'pilot.enabled',
  'pilot.autoscaleEnabled',
  'sidecarInjectorWebhook.enableNamespacesByDefault',
  ...['istio-ingressgateway', 'istio-egressgateway'].flatMap(name => [
    `gateways.${name}.enabled`,
    `gateways.${name}.autoscaleEnabled`,
  ]),
] as const

type Choice = Readonly<Record<string, boolean>>

/** By object, in order: the template, with its conditions around it. */
export function conditionalTemplates(
  defaults: Settings,
  patch: (settings: Settings) => Settings,
  adapt: (object: Manifest) => Manifest,
): Map<string, string> {
  const all = Object.fromEntries(BOOLEANS.map(path => [path, true]))
  const variants = new Map<string, Map<string, string>>()
  const textsFor = (choice: Choice): Map<string, string> => {
    const key = JSON.stringify(choice)
    const known = variants.get(key)
    if (known) return known
    const { settings, numbers } = symbolic(defaults, { ...choice, 'base.installCRDs': false })
    const objects = installation(patch(settings), true).flatMap(wave => wave.objects)
    const texts = new Map(objects.map((object: Manifest) => [manifestName(object), templateOf(adapt(object), numbers)]))
    variants.set(key, texts)
    return texts
  }
  // With everything on, and with no autoscaler, every object is there that there can be.
  const names = new Set(
    [all, ...BOOLEANS.map(path => ({ ...all, [path]: false }))].flatMap(choice => [...textsFor(choice).keys()]),
  )
  return new Map([...names].map(name => [name, conditional(name, all, BOOLEANS, textsFor)]))
}

/** An if for each boolean that makes a difference. @returns '' where the object is not there */
function conditional(
  name: string,
  choice: Choice,
  open: readonly string[],
  textsFor: (choice: Choice) => ReadonlyMap<string, string>,
): string {
  const [path, ...rest] = open
  if (path === undefined) return textsFor(choice).get(name) ?? ''
  const on = conditional(name, { ...choice, [path]: true }, rest, textsFor)
  const off = conditional(name, { ...choice, [path]: false }, rest, textsFor)
  if (on === off) return on
  if (off === '') return `{{- if ${reference(path)} }}\n${on}\n{{- end }}`
  if (on === '') return `{{- if not ${reference(path)} }}\n${off}\n{{- end }}`
  return `{{- if ${reference(path)} }}\n${on}\n{{- else }}\n${off}\n{{- end }}`
}
