/**
 * Calls by @grpc/grpc-js: the context goes into the call's metadata when it is made. The HTTP/2 request may go out later, on behalf of
 * somebody else, who waited for the same connection.
 */
import Module from 'node:module'
import { current } from './current.ts'

/** Where the optional metadata stands among the arguments. */
const METADATA_AT: Readonly<Record<string, number>> = {
  makeUnaryRequest: 4,
  makeServerStreamRequest: 4,
  makeClientStreamRequest: 3,
  makeBidiStreamRequest: 3,
}

/** Patches the package when the application loads it. */
export function patchGrpc(): void {
  const load: unknown = Reflect.get(Module, '_load')
  if (typeof load !== 'function') return
  const patched = new WeakSet<object>()
  Reflect.set(Module, '_load', function (this: unknown, ...args: unknown[]): unknown {
    const exports: unknown = Reflect.apply(load, this, args)
    const [name] = args
    if (typeof name === 'string' && /@grpc[/\\]grpc-js(?:$|[/\\]build[/\\]src[/\\]index(?:\.js)?$)/.test(name)) {
      if (typeof exports === 'object' && exports !== null && !patched.has(exports)) {
        patched.add(exports)
        patchClient(Reflect.get(exports, 'Client'), Reflect.get(exports, 'Metadata'))
      }
    }
    return exports
  })
}

function patchClient(Client: unknown, Metadata: unknown): void {
  if (typeof Client !== 'function' || typeof Metadata !== 'function') return
  for (const [name, at] of Object.entries(METADATA_AT)) {
    const original: unknown = Reflect.get(Client.prototype, name)
    if (typeof original !== 'function') continue
    Reflect.set(Client.prototype, name, function (this: unknown, ...args: unknown[]): unknown {
      const context = current()
      if (context === undefined) return Reflect.apply(original, this, args)
      const given = args[at]
      const has = given instanceof Metadata
      const metadata: unknown = has ? Reflect.apply(Reflect.get(given, 'clone'), given, []) : Reflect.construct(Metadata, [])
      const known: unknown = Reflect.apply(Reflect.get(Object(metadata), 'getMap'), metadata, [])
      for (const [header, value] of context)
        if (!Object.hasOwn(Object(known), header)) Reflect.apply(Reflect.get(Object(metadata), 'set'), metadata, [header, value])
      return Reflect.apply(original, this, [...args.slice(0, at), metadata, ...args.slice(has ? at + 1 : at)])
    })
  }
}
