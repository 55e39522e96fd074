/** The parts of HTTPProxy and GRPCProxy about security: TLS between sidecars, who may call, and tokens. */
import { type Static, Type } from 'typebox'
import type { Findings } from '../findings.ts'
import { message } from '../schema/message.ts'
import { checkNamespaceName } from '../values/dns.ts'

export const PeerTls = message({
  mode: Type.Enum(['Strict', 'Permissive', 'Disable'], {
    description: 'Strict: only callers with an identity of the mesh. Permissive: plaintext too',
  }),
})

/** All that is said in one entry has to hold; a request has to fulfil one entry. */
export const callerFields = {
  namespaces: Type.Array(Type.String(), { description: 'workloads of these namespaces' }),
  serviceAccounts: Type.Array(Type.String(), { description: 'these identities: "cart" of this namespace, or "shop/cart"' }),
}

export const Caller = message({
  ...callerFields,
  methods: Type.Array(Type.String()),
  paths: Type.Array(Type.String(), { description: '"/a", "/a/*" or "*.css"' }),
})
export type Caller = Static<typeof Caller>

export const Jwt = message(
  {
    required: Type.Boolean({
      default: true,
      description: 'requests without a token are refused too, not only those with a bad one',
    }),
  },
  {
    providers: Type.Array(
      message(
        {
          jwksUri: Type.String({ description: 'where its keys are; default: found from the issuer (OpenID Connect)' }),
          jwks: Type.String({ description: 'its keys, as JSON' }),
          audiences: Type.Array(Type.String(), { description: 'the token is for one of these' }),
          forward: Type.Boolean({ default: false, description: 'the service sees the token' }),
        },
        { issuer: Type.String() },
      ),
      { minItems: 1 },
    ),
  },
)
export type Jwt = Static<typeof Jwt>

/** @param findings at the list */
export function checkCallers(callers: readonly Partial<Caller>[] | undefined, findings: Findings): void {
  for (const [index, caller] of (callers ?? []).entries()) {
    const at = findings.at(index)
    for (const [i, name] of (caller.namespaces ?? []).entries()) at.at('namespaces', i).check(checkNamespaceName(name))
    for (const [i, name] of (caller.serviceAccounts ?? []).entries()) {
      const parts = name.split('/')
      const wrong = parts.length > 2 ? 'too many "/"' : parts.map(checkNamespaceName).find(problem => problem !== undefined)
      if (wrong)
        at.at('serviceAccounts', i).error(`${JSON.stringify(name)} is not a service account: expected "cart" or "shop/cart"`)
    }
    for (const [i, path] of (caller.paths ?? []).entries()) {
      const star = path.slice(1, -1).includes('*')
      if (star || !(path.startsWith('/') || path.startsWith('*')))
        at.at('paths', i).error(`${JSON.stringify(path)} is not a path: expected "/a", "/a/*" or "*.css"`)
    }
  }
}

/** @param findings at `jwt` */
export function checkJwt(jwt: Jwt | undefined, findings: Findings): void {
  for (const [index, { issuer, jwks, jwksUri }] of (jwt?.providers ?? []).entries()) {
    const at = findings.at('providers', index)
    if (issuer === '') at.at('issuer').error('it is empty: expected the issuer of the tokens')
    if (jwks !== undefined && jwksUri !== undefined) at.error('jwks and jwksUri are both there: expected one of them')
    if (jwksUri !== undefined && !(URL.canParse(jwksUri) && /^https?:/.test(jwksUri)))
      at.at('jwksUri').error(`${JSON.stringify(jwksUri)} is not a URL: expected http:// or https://`)
    if (jwks !== undefined && !isKeySet(jwks)) at.at('jwks').error('it is not a key set: expected JSON with "keys"')
  }
}

function isKeySet(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && 'keys' in value && Array.isArray(value.keys)
  } catch {
    return false
  }
}
