/** A denial as a person would explain it: what was asked, by whom, and the rule and field that it failed, each with its place. */
import type { Paint } from '../request/text.ts'
import type { ToldDenial } from './told-denial.ts'

/** @param at the proxy that denied it: "shop/cart-0" */
export function denialReport(denial: ToldDenial, at: string, paint: Paint): string {
  const { id, time, status, request, remoteAddress, port, principals, reason, policy } = denial
  const what = request ? `${request.method} ${request.authority}${request.path}` : `a connection to port ${port}`
  const caller =
    principals.length > 0
      ? `${principals.join(', ')}, from ${remoteAddress}`
      : `somebody without a certificate, from ${remoteAddress}`
  const rows = [
    ['when', time],
    ['what', what],
    ...(request?.id ? [['request', request.id]] : []),
    ['caller', caller],
    ['at', at],
    ['answer', status === 0 ? 'the connection was closed' : String(status)],
  ]
  const lines = [
    paint(`decision ${id}`, 'bold'),
    ...rows.map(([name = '', value = '']) => `  ${name.padEnd(8)} ${value}`),
    '',
    paint(`✗ ${reason}`, 'red'),
    ...(policy ? [`  ${nameOf(policy)}`, ...place(policy, paint)] : []),
    ...denial.nearest.flatMap((near, i) => [
      `  ${i === 0 ? 'nearest: ' : 'then: '}${nameOf(near)}`,
      ...place(near, paint),
      ...near.lacks.map(lack => lackLine(lack, near, paint)),
    ]),
  ]
  return `${lines.join('\n')}\n`
}

type Reference = NonNullable<ToldDenial['policy']>
type Near = ToldDenial['nearest'][number]

function nameOf({ name, object, rule }: Reference): string {
  return object === '' ? name : `${object}${rule && ` ${rule}`}`
}

function place({ file, line }: Reference, paint: Paint): string[] {
  return file === '' ? [] : [`    ${paint(`${file}${line > 0 ? `:${line}` : ''}`, 'grey')}`]
}

function lackLine({ field, wanted, found, line }: Near['lacks'][number], near: Near, paint: Paint): string {
  if (field === '') return `    ${wanted}: ${found}`
  const where = near.file !== '' && line > 0 && line !== near.line ? `  ${paint(`${near.file}:${line}`, 'grey')}` : ''
  return `    ${field} wants ${wanted}; ${found}${where}`
}
