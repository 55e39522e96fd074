/** Go's text/template, third step: the tree and data to text. */
import { TemplateError } from './lex.ts'
import type { Expression, Node, Pipeline, Template } from './parse.ts'

export type TemplateFunction = (...args: readonly unknown[]) => unknown
export type Functions = ReadonlyMap<string, TemplateFunction>

/** More than any template of a pod needs; a template that calls itself is stopped. */
const DEEPEST = 100

/** @throws TemplateError naming what is not known */
export function executeTemplate(template: Template, data: unknown, functions: Functions): string {
  return new Execution(template, functions, data).nodes(template.nodes, data, new Scope())
}

class Scope {
  readonly #values = new Map<string, { value: unknown }>()
  readonly #parent: Scope | undefined

  constructor(parent?: Scope) {
    this.#parent = parent
  }

  declare(name: string, value: unknown): void {
    this.#values.set(name, { value })
  }

  find(name: string): { value: unknown } | undefined {
    return this.#values.get(name) ?? this.#parent?.find(name)
  }
}

class Execution {
  readonly #template: Template
  readonly #functions: Functions
  readonly #root: unknown
  #depth = 0

  constructor(template: Template, functions: Functions, root: unknown) {
    this.#template = template
    this.#functions = functions
    this.#root = root
  }

  nodes(nodes: readonly Node[], dot: unknown, scope: Scope): string {
    return nodes.map(node => this.#node(node, dot, scope)).join('')
  }

  #node(node: Node, dot: unknown, scope: Scope): string {
    switch (node.kind) {
      case 'text':
        return node.text
      case 'print': {
        const value = this.#pipeline(node.pipeline, dot, scope)
        return node.pipeline.assigns.length > 0 ? '' : printed(value)
      }
      case 'template':
        return this.#call(node.name, node.argument === undefined ? null : this.#value(node.argument, dot, scope))
      case 'range':
        return this.#range(node, dot, scope)
      default: {
        const inner = new Scope(scope)
        const value = this.#pipeline(node.pipeline, dot, inner)
        if (!isTrue(value)) return this.nodes(node.otherwise, dot, inner)
        return this.nodes(node.body, node.kind === 'with' ? value : dot, inner)
      }
    }
  }

  #call(name: string, argument: unknown): string {
    const nodes = this.#template.defined.get(name)
    if (nodes === undefined) throw new TemplateError(`there is no template "${name}"`)
    if (++this.#depth > DEEPEST) throw new TemplateError(`template "${name}" calls itself`)
    const text = this.nodes(nodes, argument, new Scope())
    this.#depth--
    return text
  }

  #range(node: Extract<Node, { kind: 'if' | 'with' | 'range' }>, dot: unknown, scope: Scope): string {
    const { assigns, expression } = node.pipeline
    const entries = entriesOf(this.#value(expression, dot, scope))
    if (entries.length === 0) return this.nodes(node.otherwise, dot, new Scope(scope))
    return entries
      .map(([key, value]) => {
        const inner = new Scope(scope)
        const [first, second] = assigns
        if (second !== undefined) inner.declare(second, value)
        if (first !== undefined) inner.declare(first, second === undefined ? value : key)
        return this.nodes(node.body, value, inner)
      })
      .join('')
  }

  #pipeline({ assigns, reassigns, expression }: Pipeline, dot: unknown, scope: Scope): unknown {
    const value = this.#value(expression, dot, scope)
    const [name] = assigns
    if (name === undefined) return value
    const known = reassigns ? scope.find(name) : undefined
    if (known !== undefined) known.value = value
    else scope.declare(name, value)
    return value
  }

  #value(expression: Expression, dot: unknown, scope: Scope): unknown {
    switch (expression.kind) {
      case 'value':
        return expression.value
      case 'field':
        return followed(dot, expression.path)
      case 'chain':
        return followed(this.#value(expression.of, dot, scope), expression.path)
      case 'variable': {
        if (expression.name === '$') return followed(this.#root, expression.path)
        const known = scope.find(expression.name)
        if (known === undefined) throw new TemplateError(`there is no variable ${expression.name}`)
        return followed(known.value, expression.path)
      }
      case 'call':
        return this.#function(expression.name, expression.args, dot, scope)
    }
  }

  #function(name: string, args: readonly Expression[], dot: unknown, scope: Scope): unknown {
    // The only two that do not look at all of their arguments.
    if (name === 'and' || name === 'or') {
      let value: unknown = null
      for (const argument of args) {
        value = this.#value(argument, dot, scope)
        if (isTrue(value) === (name === 'or')) return value
      }
      return value
    }
    const known = this.#functions.get(name)
    if (known === undefined) throw new TemplateError(`there is no function "${name}"`)
    return known(...args.map(argument => this.#value(argument, dot, scope)))
  }
}

/** Fields of Go's types begin with a capital where JSON's do not: "APIVersion" is "apiVersion". */
export function followed(value: unknown, path: readonly string[]): unknown {
  let current = value
  for (const name of path) {
    if (typeof current !== 'object' || current === null) return null
    const fields: Readonly<Record<string, unknown>> = { ...current }
    const key = Object.hasOwn(fields, name) ? name : Object.keys(fields).find(each => each.toLowerCase() === name.toLowerCase())
    current = key === undefined ? null : fields[key]
  }
  return current ?? null
}

export function isTrue(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === 0 || value === '') return false
  if (Array.isArray(value)) return value.length > 0
  return typeof value !== 'object' || Object.keys(value).length > 0
}

function entriesOf(value: unknown): readonly (readonly [unknown, unknown])[] {
  if (Array.isArray(value)) return value.map((item, at) => [at, item])
  if (typeof value === 'number') return Array.from({ length: value }, (_, at) => [at, at])
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
}

/** As Go prints a value with %v. */
export function printed(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value)) return `[${value.map(printed).join(' ')}]`
  if (typeof value !== 'object') return String(value)
  return `map[${entriesOf(value)
    .map(([key, each]) => `${key}:${printed(each)}`)
    .join(' ')}]`
}
