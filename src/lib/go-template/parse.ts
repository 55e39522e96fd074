/** Go's text/template, second step: pieces to a tree. */
import { lex, type Piece, TemplateError, type Token } from './lex.ts'

export type Expression =
  | { readonly kind: 'value'; readonly value: string | number | boolean | null }
  | { readonly kind: 'field'; readonly path: readonly string[] }
  | { readonly kind: 'variable'; readonly name: string; readonly path: readonly string[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'chain'; readonly of: Expression; readonly path: readonly string[] }

/** `$i, $x := pipeline` */
export interface Pipeline {
  readonly assigns: readonly string[]
  /** An existing variable changes, instead of a new one. */
  readonly reassigns: boolean
  readonly expression: Expression
}

export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly pipeline: Pipeline }
  | {
      readonly kind: 'if' | 'with' | 'range'
      readonly pipeline: Pipeline
      readonly body: readonly Node[]
      readonly otherwise: readonly Node[]
    }
  | { readonly kind: 'template'; readonly name: string; readonly argument: Expression | undefined }

export interface Template {
  readonly nodes: readonly Node[]
  readonly defined: ReadonlyMap<string, readonly Node[]>
}

/** @throws TemplateError naming the line */
export function parseTemplate(text: string): Template {
  const parser = new Parser(lex(text))
  const nodes = parser.block([])
  return { nodes, defined: parser.defined }
}

class Parser {
  readonly defined = new Map<string, readonly Node[]>()
  readonly #pieces: readonly Piece[]
  #at = 0
  /** The action that ended the last block: end, or else with what follows. */
  #ended: readonly Token[] = []

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces
  }

  /** @param ends words that end it; [] is the end of the text */
  block(ends: readonly string[]): readonly Node[] {
    const nodes: Node[] = []
    for (let piece = this.#pieces[this.#at++]; piece !== undefined; piece = this.#pieces[this.#at++]) {
      if (piece.kind === 'text') {
        nodes.push(piece)
        continue
      }
      const [first] = piece.tokens
      const word = first?.kind === 'word' ? first.text : ''
      if (ends.includes(word)) {
        this.#ended = piece.tokens
        return nodes
      }
      nodes.push(...this.#action(word, piece.tokens, piece.line))
    }
    if (ends.length > 0) throw new TemplateError('the text ends before {{ end }}')
    return nodes
  }

  #action(word: string, tokens: readonly Token[], line: number): readonly Node[] {
    switch (word) {
      case 'if':
      case 'with':
      case 'range':
        return [this.#branch(word, tokens.slice(1), line)]
      case 'define': {
        this.defined.set(nameIn(tokens, line), this.block(['end']))
        return []
      }
      case 'block': {
        const name = nameIn(tokens, line)
        this.defined.set(name, this.block(['end']))
        return [{ kind: 'template', name, argument: argumentIn(tokens, line) }]
      }
      case 'template':
        return [{ kind: 'template', name: nameIn(tokens, line), argument: argumentIn(tokens, line) }]
      case 'end':
      case 'else':
        throw new TemplateError(`line ${line}: {{ ${word} }} without {{ if }}, {{ range }} or {{ with }}`)
      default:
        return [{ kind: 'print', pipeline: parsePipeline(tokens, line) }]
    }
  }

  #branch(kind: 'if' | 'with' | 'range', tokens: readonly Token[], line: number): Node {
    const pipeline = parsePipeline(tokens, line)
    const body = this.block(['end', 'else'])
    const [ended, next] = this.#ended
    const isElse = ended?.kind === 'word' && ended.text === 'else'
    if (!isElse) return { kind, pipeline, body, otherwise: [] }
    if (next?.kind === 'word' && (next.text === 'if' || next.text === 'with'))
      return { kind, pipeline, body, otherwise: [this.#branch(next.text, this.#ended.slice(2), line)] }
    return { kind, pipeline, body, otherwise: this.block(['end']) }
  }
}

function nameIn([, name]: readonly Token[], line: number): string {
  if (name?.kind === 'value' && typeof name.value === 'string') return name.value
  throw new TemplateError(`line ${line}: expected the name of a template`)
}

function argumentIn(tokens: readonly Token[], line: number): Expression | undefined {
  return tokens.length > 2 ? parsePipeline(tokens.slice(2), line).expression : undefined
}

function parsePipeline(tokens: readonly Token[], line: number): Pipeline {
  const mark = tokens.findIndex(token => token.kind === 'mark' && (token.text === ':=' || token.text === '='))
  const assigns = tokens.slice(0, Math.max(mark, 0)).flatMap(token => (token.kind === 'variable' ? [token.name] : []))
  const sign = tokens[mark]
  const reader = new ExpressionReader(tokens.slice(mark + 1), line)
  const expression = reader.pipe()
  reader.expectEnd()
  return { assigns, reassigns: sign?.kind === 'mark' && sign.text === '=', expression }
}

class ExpressionReader {
  readonly #tokens: readonly Token[]
  readonly #line: number
  #at = 0

  constructor(tokens: readonly Token[], line: number) {
    this.#tokens = tokens
    this.#line = line
  }

  /** `a | b c`: a is the last argument of b. */
  pipe(): Expression {
    let expression = this.#command()
    while (this.#takes('|')) {
      const next = this.#command()
      if (next.kind !== 'call') throw this.#wrong('expected a function behind "|"')
      expression = { ...next, args: [...next.args, expression] }
    }
    return expression
  }

  expectEnd(): void {
    if (this.#at < this.#tokens.length) throw this.#wrong('there is something behind the end of the expression')
  }

  #command(): Expression {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'word') return this.#operand() ?? this.#fail()
    this.#at++
    const args: Expression[] = []
    for (let next = this.#operand(); next !== undefined; next = this.#operand()) args.push(next)
    return { kind: 'call', name: token.text, args }
  }

  #operand(): Expression | undefined {
    const token = this.#tokens[this.#at]
    if (token === undefined) return undefined
    if (token.kind === 'value' || token.kind === 'field' || token.kind === 'variable') {
      this.#at++
      return token
    }
    if (token.kind === 'word') {
      this.#at++
      return { kind: 'call', name: token.text, args: [] }
    }
    if (!this.#takes('(')) return undefined
    const inner = this.pipe()
    if (!this.#takes(')')) throw this.#wrong('expected ")"')
    const behind = this.#tokens[this.#at]
    if (behind?.kind !== 'chain') return inner
    this.#at++
    return { kind: 'chain', of: inner, path: behind.path }
  }

  #takes(text: string): boolean {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'mark' || token.text !== text) return false
    this.#at++
    return true
  }

  #fail(): never {
    throw this.#wrong('expected a value')
  }

  #wrong(message: string): TemplateError {
    return new TemplateError(`line ${this.#line}: ${message}`)
  }
}
