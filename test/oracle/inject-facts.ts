/** What is compared of an injected pod: facts that a user or the cluster notices, not spelling. */
import { type Fields, fieldsOf, isFields, listOf } from '../../src/kubernetes/inject/fields.ts'

/** @param template pod or pod template */
export function factsOf(template: unknown): Fields {
  const { metadata, spec } = fieldsOf(template)
  const { containers, initContainers, volumes, ...rest } = fieldsOf(spec)
  return {
    labels: fieldsOf(fieldsOf(metadata)['labels']),
    annotations: Object.fromEntries(
      Object.entries(fieldsOf(fieldsOf(metadata)['annotations'])).map(([name, value]) => [name, asJson(value)]),
    ),
    containers: listOf(containers).map(containerFacts),
    initContainers: listOf(initContainers).map(containerFacts),
    volumes: listOf(volumes).map(volume => volume),
    rest,
  }
}

function containerFacts(container: unknown): Fields {
  const { image: _, resources: __, env, ...rest } = fieldsOf(container)
  const variables = listOf(env).map(variable => {
    const { name, ...value } = fieldsOf(variable)
    return [String(name), 'value' in value ? asJson(value['value']) : value] as const
  })
  return withoutEmpty({ ...rest, env: Object.fromEntries(variables) })
}

/** JSON in texts is compared by meaning. */
function asJson(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

/** A field that is empty says nothing. */
function withoutEmpty(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => !(isFields(value) && Object.keys(value).length === 0) && value !== null),
  )
}
