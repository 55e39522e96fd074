/** The origin of model parts: the object they come from, and the line of the rule inside it. */
import { type ObjectHead, type Path, resourceName } from '../api/object.ts'
import type { Origin } from '../model/origin.ts'

/** @param path from the object's root; the last name and number of it are how the rule is called: "http[1]" */
export function originOf(object: ObjectHead, path: Path = []): Origin {
  const { file } = object.origin
  const line = path.length === 0 ? object.origin.line : object.origin.lineAt(path).line
  return { object: resourceName(object), path: istioPath(object), file, line, rule: ruleName(path) }
}

function ruleName(path: Path): string {
  return path
    .slice(1)
    .map(step => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .replace(/^\./, '')
}

/** Istio's internal version of all its kinds is v1, whatever version the file says. Its own objects only. */
function istioPath({ group, kind, namespace, name }: ObjectHead): string {
  if (!group.endsWith('.istio.io')) return ''
  const kebab = kind.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()
  return `/apis/${group}/v1/namespaces/${namespace}/${kebab}/${name}`
}
