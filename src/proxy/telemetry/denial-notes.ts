/**
 * What the control plane notes in listeners' metadata about denials (`mizzen.dev`): where the rules stand that the listener enforces, and which callers are
 * told the ids of decisions. Kept apart from the filters, so that a line that moves in a file replaces no filter chain.
 */
import type { Metadata } from '../../xds/gen/envoy/config/core/v3/base.ts'

/** A rule of a policy, and where it stands. */
export interface RuleReference {
  /** In the proxy's configuration. */
  readonly name: string
  /** "AuthorizationPolicy shop/cart"; "": not known. */
  readonly object: string
  /** "rules[0]" */
  readonly rule: string
  /** "": not known. */
  readonly file: string
  /** 0: not known. */
  readonly line: number
}

interface RuleNote {
  readonly object: string
  readonly rule: string
  readonly file: string
  readonly line: number
  /** Of single fields. */
  readonly lines: ReadonlyMap<string, number>
}

interface Notes {
  readonly rules: ReadonlyMap<string, RuleNote>
  /** Patterns of service accounts, "namespace/account"; "*" alone is everybody. */
  readonly tell: readonly string[]
}

/** "ns[shop]-policy[cart]-rule[0]", as Istio names rules too; before it may stand whose question the rule picks out. */
const RULE_NAME = /ns\[([^\]]*)\]-policy\[([^\]]*)\]-rule\[(\d+)\]$/
const SERVICE_ACCOUNT = /^spiffe:\/\/[^/]+\/ns\/([^/]+)\/sa\/([^/]+)$/

export class DenialNotes {
  readonly #ofListeners = new Map<string, Notes>()

  /** @param metadata of the listener; undefined: it is gone */
  put(listener: string, metadata: Metadata | undefined): void {
    const notes = readNotes(metadata)
    if (notes === undefined) this.#ofListeners.delete(listener)
    else this.#ofListeners.set(listener, notes)
  }

  reference(name: string): RuleReference {
    const note = this.#find(name)
    if (note) return { name, object: note.object, rule: note.rule, file: note.file, line: note.line }
    const [, namespace = '', policy = '', index = ''] = RULE_NAME.exec(name) ?? []
    const known = policy !== ''
    return {
      name,
      object: known ? `AuthorizationPolicy ${namespace}/${policy}` : '',
      rule: known ? `rules[${index}]` : '',
      file: '',
      line: 0,
    }
  }

  /** Of one field of a rule; of the rule where that is not known. */
  lineOf(name: string, field: string): number {
    const note = this.#find(name)
    return note?.lines.get(field) ?? note?.line ?? 0
  }

  tells(principals: readonly string[] | undefined): boolean {
    for (const { tell } of this.#ofListeners.values())
      if (tell.some(pattern => pattern === '*' || principals?.some(name => isOf(name, pattern)))) return true
    return false
  }

  #find(name: string): RuleNote | undefined {
    // An authorizer's question is named after the rule that picks requests out for it.
    const rule = RULE_NAME.exec(name)?.[0] ?? name
    for (const { rules } of this.#ofListeners.values()) {
      const note = rules.get(rule)
      if (note) return note
    }
    return undefined
  }
}

/** @param pattern "namespace/account", either may be "*" */
function isOf(principal: string, pattern: string): boolean {
  const [, namespace, account] = SERVICE_ACCOUNT.exec(principal) ?? []
  const [wantedNamespace, wantedAccount] = pattern.split('/')
  return (
    namespace !== undefined &&
    (wantedNamespace === '*' || wantedNamespace === namespace) &&
    (wantedAccount === '*' || wantedAccount === account)
  )
}

type Fields = Readonly<Record<string, unknown>>

function readNotes(metadata: Metadata | undefined): Notes | undefined {
  const own: Fields | undefined = metadata?.filterMetadata['mizzen.dev']
  const { rules, tell } = own ?? {}
  if (!isFields(rules) && !Array.isArray(tell)) return undefined
  return {
    rules: new Map(
      isFields(rules) ? Object.entries(rules).flatMap(([name, note]) => (isFields(note) ? [[name, readRule(note)]] : [])) : [],
    ),
    tell: Array.isArray(tell) ? tell.filter(pattern => typeof pattern === 'string') : [],
  }
}

function readRule({ origin, rule, file, line, lines }: Fields): RuleNote {
  return {
    object: text(origin),
    rule: text(rule),
    file: text(file),
    line: number(line),
    lines: new Map(isFields(lines) ? Object.entries(lines).map(([field, at]) => [field, number(at)]) : []),
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
