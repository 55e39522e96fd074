/** Which templates a pod gets: by its annotation inject.istio.io/templates, or the installation's default; built in, or the user's own. */
import { fieldsOf, listOf } from './fields.ts'
import { annotationsOf, InjectionError, type Pod } from './pod.ts'
import { customTemplate } from './template/custom.ts'
import { gateway } from './template/gateway.ts'
import { grpcAgent, grpcSimple } from './template/grpc.ts'
import type { Template } from './template/input.ts'
import { sidecar } from './template/sidecar.ts'
import { spire } from './template/spire.ts'
import type { Values } from './values.ts'

const BUILT_IN: Readonly<Record<string, Template>> = {
  sidecar,
  gateway,
  'grpc-agent': grpcAgent,
  'grpc-simple': grpcSimple,
  spire,
}

/** @throws InjectionError for a name that is no template's */
export function templatesOf(pod: Pod, values: Values): readonly (readonly [name: string, template: Template])[] {
  const own = values.fields('sidecarInjectorWebhook.templates')
  const aliases = values.fields('sidecarInjectorWebhook.aliases')
  const annotated = annotationsOf(pod)['inject.istio.io/templates']
  const standard = values.texts('sidecarInjectorWebhook.defaultTemplates')
  const asked = annotated?.split(',').map(name => name.trim()) ?? (standard.length > 0 ? standard : ['sidecar'])
  const names = asked.flatMap(name => {
    const meant = listOf(fieldsOf(aliases)[name]).filter(each => typeof each === 'string')
    return meant.length > 0 ? meant : [name]
  })
  return names.map(name => {
    const text = own[name]
    if (typeof text === 'string') return [name, customTemplate(name, text)]
    const built = Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined
    if (built !== undefined) return [name, built]
    const have = [...Object.keys(BUILT_IN), ...Object.keys(own)].join(', ')
    throw new InjectionError(`Cannot inject: there is no template "${name}", expected one of ${have}`)
  })
}
