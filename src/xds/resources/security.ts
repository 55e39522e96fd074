/** The security policies that hold at one proxy, gathered once: the chains, filters and clusters that follow from them are made of this. */
import { IdentityMemo } from '../../lib/identity-memo.ts'
import type { AccessPolicy } from '../../model/access-policy.ts'
import type { ExtAuthzProvider } from '../../model/ext-authz.ts'
import type { Mesh } from '../../model/mesh.ts'
import { type PeerModes, peerModes } from '../../model/peer-policy.ts'
import { isFor } from '../../model/policy-target.ts'
import type { MeshProxy } from '../../model/proxy.ts'
import type { Service } from '../../model/service.ts'
import type { MeshSettings } from '../../model/settings.ts'
import type { TokenPolicy, TokenRule } from '../../model/token-policy.ts'

/** An external authorizer with the service it is. */
export interface Authorizer {
  readonly provider: ExtAuthzProvider
  readonly service: Service
}

export interface Security {
  readonly settings: MeshSettings
  readonly kind: MeshProxy['kind']
  /** undefined: the proxy has no certificate, everything is plaintext. */
  readonly peers: PeerModes | undefined
  readonly access: readonly AccessPolicy[]
  /** By issuer. */
  readonly tokens: readonly TokenRule[]
  /** By the provider's name; one without a service is not here. */
  readonly authorizers: ReadonlyMap<string, Authorizer>
  /** Hosts of the mesh that keys of tokens are fetched from. */
  readonly issuers: ReadonlySet<string>
}

const memo = new IdentityMemo<Security>()

/** The same object as long as nothing that matters to this proxy changes. */
export function securityOf(mesh: Mesh, proxy: MeshProxy): Security {
  const { settings } = mesh
  const access = mesh.accessPolicies.filter(policy => isFor(policy, proxy, settings.rootNamespace))
  const tokens = mesh.tokenPolicies.filter(policy => isFor(policy, proxy, settings.rootNamespace))
  const modes = proxy.identity ? peerModes(mesh.peerPolicies, settings.rootNamespace, proxy) : undefined
  const asked = new Set(access.flatMap(({ action, provider }) => (action === 'custom' ? [provider] : [])))
  const authorizers = settings.extAuthzProviders.flatMap(provider => {
    const service = asked.has(provider.name) ? serviceOf(mesh, provider) : undefined
    return service ? [{ provider, service }] : []
  })
  const ports = modes ? [modes.mode, modes.origin.object, ...[...modes.ports].flat()] : []
  const located = rulesOf(tokens, mesh.keyLocations)
  const issuers = issuersAmong(mesh, located)
  const services = [...authorizers.map(({ service }) => service), null, ...issuers]
  return memo.get([settings, ...access, null, ...tokens, mesh.keyLocations, null, ...services, proxy.kind, ...ports], () => ({
    settings,
    kind: proxy.kind,
    peers: modes,
    access,
    tokens: located,
    authorizers: new Map(authorizers.map(authorizer => [authorizer.provider.name, authorizer])),
    issuers: new Set(issuers.map(({ hostname }) => hostname)),
  }))
}

/** Services that keys are fetched from. */
function issuersAmong(mesh: Mesh, rules: readonly TokenRule[]): Service[] {
  const hosts = new Set(
    rules.flatMap(({ keys }) => (keys.kind === 'remote' && keys.uri !== '' ? [new URL(keys.uri).hostname] : [])),
  )
  return hosts.size === 0 ? [] : mesh.services.filter(({ hostname }) => hosts.has(hostname))
}

/** "host", or "namespace/host". */
function serviceOf(mesh: Mesh, { service }: ExtAuthzProvider): Service | undefined {
  const [host = '', namespace] = service.split('/').reverse()
  return mesh.services.find(known => known.hostname === host && (namespace === undefined || known.namespace === namespace))
}

/** With the places of keys that rules do not say. */
function rulesOf(policies: readonly TokenPolicy[], locations: Mesh['keyLocations']): TokenRule[] {
  return policies
    .flatMap(policy => policy.rules)
    .map((rule): TokenRule => {
      const { keys, issuer } = rule
      const uri = keys.kind === 'remote' && keys.uri === '' ? locations?.get(issuer) : undefined
      return uri === undefined ? rule : { ...rule, keys: { kind: 'remote', uri } }
    })
    .sort((a, b) => (a.issuer < b.issuer ? -1 : a.issuer > b.issuer ? 1 : 0))
}
