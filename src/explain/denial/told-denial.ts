/** A denial as a proxy tells of it at /denials. */
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'

const reference = { name: Type.String(), object: Type.String(), rule: Type.String(), file: Type.String(), line: Type.Number() }

const Lack = Type.Object({
  half: Type.String(),
  field: Type.String(),
  wanted: Type.String(),
  found: Type.String(),
  line: Type.Number(),
})

const ToldDenial = Type.Object({
  id: Type.String(),
  time: Type.String(),
  by: Type.Union([Type.Literal('access'), Type.Literal('token'), Type.Literal('authorizer')]),
  status: Type.Number(),
  request: Type.Union([
    Type.Null(),
    Type.Object({ id: Type.String(), method: Type.String(), authority: Type.String(), path: Type.String() }),
  ]),
  remoteAddress: Type.String(),
  port: Type.Number(),
  principals: Type.Array(Type.String()),
  reason: Type.String(),
  policy: Type.Union([Type.Null(), Type.Object(reference)]),
  nearest: Type.Array(Type.Object({ ...reference, lacks: Type.Array(Lack) })),
})
export type ToldDenial = Static<typeof ToldDenial>

const Page = Type.Object({ denials: Type.Array(ToldDenial) })
const page = Compile(Page)

/** @param body of /denials @throws when it is not of that form */
export function readDenials(body: string): ToldDenial[] {
  const value: unknown = JSON.parse(body)
  if (!page.Check(value))
    throw new Error('Cannot read the denials of a proxy: expected {"denials": [...]}; is it of another version?')
  return value.denials
}
