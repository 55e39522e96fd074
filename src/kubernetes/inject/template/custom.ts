/** A template of the user's own (values sidecarInjectorWebhook.templates): a pod in YAML, to be laid over the user's. */
import { parse } from 'yaml'
import { isFields } from '../fields.ts'
import { InjectionError } from '../pod.ts'
import type { Template } from './input.ts'

export function customTemplate(name: string, text: string): Template {
  return () => {
    if (text.includes('{{'))
      throw new InjectionError(`Cannot inject: template "${name}" has actions in {{ }}, which are not read yet`)
    const layer: unknown = parse(text)
    if (isFields(layer)) return layer
    throw new InjectionError(`Cannot inject: template "${name}" is no map`)
  }
}
