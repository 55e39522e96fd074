/** `--set a.b[0].c=value`, as Helm and istioctl read it: what one flag means as a tree. */
import { parse } from 'yaml'

/** A wrong flag; the message is one sentence. */
export class SetError extends Error {}

type Step = string | number

/**
 * An index stands as a name "[1]" in the tree: merge() puts it into the list that is there.
 * A dot in a key is written "\.", a list is {a,b}. Numbers, true, false and null are themselves; everything else is text.
 * @throws SetError
 */
export function parseSet(flag: string): Record<string, unknown> {
  const equals = flag.indexOf('=')
  if (equals < 1) throw new SetError(`Cannot use --set "${flag}": expected KEY=VALUE, for instance pilot.replicaCount=3`)
  const steps = parsePath(flag.slice(0, equals), flag)
  const [first, ...rest] = steps
  if (typeof first !== 'string') throw new SetError(`Cannot use --set "${flag}": expected a name in front of "["`)
  return { [first]: nest(rest, parseValue(flag.slice(equals + 1))) }
}

function parsePath(key: string, flag: string): Step[] {
  const steps: Step[] = []
  for (const part of key.split(/(?<!\\)\./)) {
    const [, name = '', indexes = ''] = /^(.*?)((?:\[\d+\])*)$/.exec(part) ?? []
    if (name === '') throw new SetError(`Cannot use --set "${flag}": there is an empty name in "${key}"`)
    steps.push(name.replaceAll('\\.', '.'))
    for (const [, index] of indexes.matchAll(/\[(\d+)\]/g)) steps.push(Number(index))
  }
  return steps
}

function nest(steps: readonly Step[], value: unknown): unknown {
  return steps.reduceRight<unknown>((inner, step) => ({ [typeof step === 'string' ? step : `[${step}]`]: inner }), value)
}

function parseValue(text: string): unknown {
  if (text.startsWith('{') && text.endsWith('}'))
    return text === '{}'
      ? []
      : text
          .slice(1, -1)
          .split(/(?<!\\),/)
          .map(item => scalar(item.replaceAll('\\,', ',').trim()))
  return scalar(text)
}

/** Only what YAML and Helm agree about is no text: "1.30" stays what it is by the schema's choice, "yes" is text. */
function scalar(text: string): unknown {
  return /^(true|false|null|-?(0|[1-9]\d*)(\.\d+)?)$/.test(text) ? parse(text) : text
}
