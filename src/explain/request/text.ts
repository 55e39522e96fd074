/** An answer as a person would explain it: numbered steps in columns, the rule with its place under each, and the outcome at the end. */
import type { Action, Answer, Outcome, Step } from './answer.ts'
import type { Call } from './call.ts'
import type { Cause } from './cause.ts'
import { duration, percent } from './words.ts'

export type Paint = (text: string, colour: 'red' | 'green' | 'yellow' | 'grey' | 'bold') => string

/** @param from who calls: "shop/web" */
export function answerText(answer: Answer, call: Call, from: string, notes: readonly string[], paint: Paint): string {
  const width = widest([answer, ...(answer.server ? [answer.server.answer] : [])])
  const lines = [paint(title(call, from), 'bold'), ...notes.map(note => paint(`  ${note}`, 'grey')), '']
  lines.push(...stepLines(answer.steps, 1, width, paint))
  const { server } = answer
  if (server) {
    lines.push('', `at ${paint(server.workload, 'bold')}${several(answer) ? ', for example' : ''}`, '')
    lines.push(...stepLines(server.answer.steps, answer.steps.length + 1, width, paint))
  }
  lines.push('', ...verdict(answer, paint))
  return `${lines.join('\n')}\n`
}

function title({ protocol, method, host, path, address, port, tls }: Call, from: string): string {
  const over = tls === 'plaintext' ? '' : tls === 'mtls' ? ' over mutual TLS' : ' over TLS'
  return protocol === 'tcp' ? `${from} connects to ${address}:${port}${over}` : `${from}: ${method} ${host}${path}${over}`
}

function widest(answers: readonly Answer[]): number {
  return Math.max(...answers.flatMap(answer => answer.steps.map(step => step.subject.length)), 0)
}

function stepLines(steps: readonly Step[], first: number, width: number, paint: Paint): string[] {
  const indent = ' '.repeat(5 + width + 2)
  return steps.flatMap(({ subject, text, cause, notes = [] }, i) => {
    const number = String(first + i).padStart(3)
    const where = cause ? placeOf(cause) : ''
    return [
      `${paint(number, 'grey')}  ${subject.padEnd(width)}  ${text}`,
      ...(where === '' ? [] : [indent + paint(where, 'grey')]),
      ...notes.map(note => `${indent}${paint('·', 'grey')} ${note}`),
    ]
  })
}

/** "mesh.yaml:12  VirtualService shop/catalog http[0]" */
export function placeOf({ object, rule, file, line }: Cause): string {
  const place = file === '' ? '' : `${file}${line > 0 ? `:${line}` : ''}  `
  return `${place}${object}${rule === '' ? '' : ` ${rule}`}`
}

function several(answer: Answer): boolean {
  const endpoints = answer.outcomes.flatMap(({ action }) => (action.kind === 'forward' ? action.endpoints : []))
  return endpoints.length > 1
}

function verdict(answer: Answer, paint: Paint): string[] {
  const { error, outcomes, server } = answer
  if (error) return [failure(error, paint)]
  if (server?.answer.error) return [failure(server.answer.error, paint)]
  const other = server?.answer.action
  // What the other side answers itself (a deny, say) is what the client gets.
  if (server && other && other.kind !== 'forward') return [paint(`✗ at ${server.workload}: ${result(other)}`, 'red')]
  return outcomes.map(outcome => outcomeLine(outcome, outcomes.length > 1, paint))
}

function failure(error: string, paint: Paint): string {
  return paint(`✗ ${FAILURES[error] ?? error} (${error})`, 'red')
}

function outcomeLine({ share, action, delayMs }: Outcome, several: boolean, paint: Paint): string {
  const part = several ? `${percent(share)} ` : ''
  const late = delayMs === undefined ? '' : ` after up to ${duration(delayMs)} of delay`
  if (action.kind === 'forward' && action.cluster === PASSTHROUGH)
    return paint(
      `? ${part}goes on to ${action.endpoints[0]?.address ?? 'where it was sent'}, where nothing in the mesh is known to listen${late}`,
      'yellow',
    )
  const good = action.kind === 'forward' || (action.kind === 'answer' && action.status < 400)
  return paint(`${good ? '✓' : '✗'} ${part}${result(action)}${late}`, good ? 'green' : 'red')
}

/** Requests that no rule and no service of the mesh speaks for go on as they came. */
const PASSTHROUGH = 'PassthroughCluster'

function result(action: Action): string {
  switch (action.kind) {
    case 'forward':
      return `reaches ${action.endpoints.length === 1 ? (action.endpoints[0]?.address ?? '') : action.cluster}`
    case 'answer':
      return `${action.status}${action.location === undefined ? '' : ` to ${action.location}`}, answered by the proxy (${action.details})`
    case 'closed':
      return `the connection is closed (${action.reason})`
  }
}

const FAILURES: Readonly<Record<string, string>> = {
  NoListener: 'connection refused: nothing listens there',
  NoFilterChain: 'connection closed: no filter chain takes it',
  MultipleFilterChain: 'the listener is refused: its filter chains cannot be told apart',
  NoVirtualHost: '404: no virtual host has this name',
  NoRoute: '404: no rule matches',
  TLSRedirect: '301: redirected to https',
  ProtocolError: 'connection closed: this is not the protocol spoken here',
  TLSError: 'connection closed: TLS is expected, and the call is plaintext',
  MTLSError: 'connection closed: the certificates do not fit',
}
