/** Parts of a dump, which is any JSON: empty where they are missing. */

export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((part, name) => (isRecord(part) ? part[name] : undefined), value)
}

export function text(value: unknown, ...path: readonly string[]): string {
  const found = at(value, ...path)
  return typeof found === 'string' ? found : typeof found === 'number' ? String(found) : ''
}

export function list(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path)
  return Array.isArray(found) ? found : []
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The part of a config dump that holds one kind of thing: "Clusters", "Listeners", "Routes". */
export function section(dump: unknown, name: string): unknown {
  return list(dump, 'configs').find(config => text(config, '@type').endsWith(`.${name}ConfigDump`))
}

/** By whom it is so: "VirtualService shop/catalog http[1] catalog.yaml:109"; Istio's own metadata for proxies under other control planes. */
export function originOf(value: unknown): string {
  const own = at(value, 'metadata', 'filter_metadata', 'mizzen.dev')
  const line = text(own, 'line')
  const place = [text(own, 'file'), ...(Number(line) > 0 ? [line] : [])].join(':')
  const parts = [text(own, 'origin'), text(own, 'rule'), place].filter(part => part !== '')
  if (parts.length > 0) return parts.join(' ')
  const path = text(at(value, 'metadata', 'filter_metadata', 'istio'), 'config').split('/')
  return path.length > 2 ? `${path.at(-1)}.${path.at(-3)}` : ''
}
