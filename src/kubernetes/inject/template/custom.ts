/**
 * A template of the user's own (values sidecarInjectorWebhook.templates), in Go's text/template with the names of data and functions that Istio's
 * templates use: what it prints is a pod in YAML, to be laid over the user's.
 */
import { parse, stringify } from 'yaml'
import { executeTemplate, type Functions } from '../../../lib/go-template/execute.ts'
import { standardFunctions } from '../../../lib/go-template/functions.ts'
import { parseTemplate } from '../../../lib/go-template/parse.ts'
import { type Fields, fieldsOf, isFields } from '../fields.ts'
import { goJson } from '../go-json.ts'
import { InjectionError } from '../pod.ts'
import { proxyConfigText } from '../proxy-config.ts'
import { type Template as PodTemplate, type TemplateInput, trustDomain } from './input.ts'

export function customTemplate(name: string, text: string): PodTemplate {
  return input => {
    try {
      const layer: unknown = parse(renderText(text, input))
      if (isFields(layer)) return layer
    } catch (error) {
      throw new InjectionError(`Cannot inject: template "${name}": ${error instanceof Error ? error.message : String(error)}`)
    }
    throw new InjectionError(`Cannot inject: template "${name}" makes no map, expected metadata and spec of a pod`)
  }
}

/** @throws TemplateError */
export function renderText(text: string, input: TemplateInput): string {
  return executeTemplate(parseTemplate(text), dataOf(input), functionsOf(input))
}

function dataOf(input: TemplateInput): Fields {
  const { pod, workload, proxyConfig, mesh, values, revision, native, image, uid, gid } = input
  return {
    TypeMeta: { Kind: workload.kind, APIVersion: workload.apiVersion },
    DeploymentMeta: { Name: workload.name, Namespace: workload.namespace },
    ObjectMeta: pod.metadata,
    Spec: pod.spec,
    ProxyConfig: proxyConfig,
    MeshConfig: { ...mesh, trustDomain: trustDomain(input) },
    Values: values.tree,
    Revision: revision,
    NativeSidecars: native,
    ProxyImage: image,
    ProxyUID: uid,
    ProxyGID: gid,
    InboundTrafficPolicyMode: (mesh.inboundTrafficPolicy?.mode ?? 'PASSTHROUGH').toLowerCase(),
  }
}

function functionsOf(input: TemplateInput): Functions {
  const yaml = (value: unknown) => stringify(value, { lineWidth: 0 }).trimEnd()
  return new Map([
    ...standardFunctions(yaml),
    ...Object.entries({
      annotation: (meta: unknown, name: unknown, otherwise: unknown) =>
        fieldsOf(fieldsOf(meta)['annotations'])[String(name)] ?? otherwise,
      valueOrDefault: (value: unknown, otherwise: unknown) =>
        value === null || value === '' || value === undefined ? otherwise : value,
      structToJSON: (value: unknown) => goJson(value),
      protoToJSON: () => proxyConfigText(input.proxyConfig).trim(),
      directory: (file: unknown) => String(file).replace(/\/[^/]*$/, ''),
      /** The environment of a control plane is no business of a pod's: only the default counts. */
      env: (_: unknown, otherwise: unknown) => otherwise,
      render: (text: unknown) => renderText(String(text), input),
    }),
  ])
}
