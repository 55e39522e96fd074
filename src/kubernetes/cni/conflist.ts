/** Our place in a node's CNI configuration: the last link of the chain that the node's network has already. Pure. */
import { type Fields, fieldsOf, isFields, listOf, textOf } from '../inject/fields.ts'

export const PLUGIN = 'mizzen-cni'

/** @param text of a .conf or .conflist @throws when it is neither */
export function withPlugin(text: string, own: Fields): string {
  const config = parsed(text)
  const others = pluginsOf(config).filter(plugin => fieldsOf(plugin)['type'] !== PLUGIN)
  const { cniVersion = '1.0.0', name = 'k8s-pod-network', disableCheck } = config
  const list = {
    cniVersion,
    name,
    ...(disableCheck !== undefined && { disableCheck }),
    plugins: [...others, { ...own, type: PLUGIN, name: PLUGIN }],
  }
  return `${JSON.stringify(list, null, 2)}\n`
}

export function withoutPlugin(text: string): string {
  const config = parsed(text)
  const plugins = pluginsOf(config).filter(plugin => fieldsOf(plugin)['type'] !== PLUGIN)
  return `${JSON.stringify({ ...config, plugins }, null, 2)}\n`
}

/** A single plugin is a list of one. */
function pluginsOf(config: Fields): readonly unknown[] {
  if (Array.isArray(config['plugins'])) return listOf(config['plugins'])
  const { cniVersion: _, ...plugin } = config
  return [plugin]
}

function parsed(text: string): Fields {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Error(`it is no JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (isFields(value) && (Array.isArray(value['plugins']) || textOf(value['type']) !== '')) return value
  throw new Error('it has neither plugins nor a type')
}

/** The file that the runtime takes: the first by name. @returns undefined when there is none */
export function chosenFile(names: readonly string[]): string | undefined {
  return names.filter(name => /\.(conf|conflist|json)$/.test(name)).toSorted()[0]
}
