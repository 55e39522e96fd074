/** Rules as Envoy's messages, and whom they let through. Beside Envoy they are tested in test/scenarios and test/semantics. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RBAC_Action as Action, Permission, Policy, Principal } from '../../../xds/gen/envoy/config/rbac/v3/rbac.ts'
import { HeaderList } from '../../http/headers.ts'
import { DynamicMetadata } from '../../metadata/dynamic.ts'
import { RbacEngine } from './engine.ts'
import { compilePathTemplate } from './path-template.ts'
import { denialDetails, RbacRules, RbacStats } from './rules.ts'
import type { Subject } from './subject.ts'

const subject = (more: Partial<Subject> = {}): Subject => ({
  head: {
    protocol: 'HTTP/1.1',
    method: 'GET',
    scheme: 'http',
    authority: 'cart',
    path: '/items?x=1',
    headers: new HeaderList(['x-team', 'blue', 'x-team', 'red']),
    upgrade: undefined,
  },
  facts: { remoteAddress: '10.0.0.1', localAddress: '10.0.0.9', localPort: 8080, serverName: 'cart.shop' },
  remoteAddress: '203.0.113.7',
  principals: ['spiffe://cluster.local/ns/shop/sa/web'],
  metadata: undefined,
  ...more,
})

const anyPermission = Permission.fromPartial({ rule: { $case: 'any', value: true } })
const anyPrincipal = Principal.fromPartial({ identifier: { $case: 'any', value: true } })
const policy = (permission: Permission, principal = anyPrincipal) =>
  Policy.fromPartial({ permissions: [permission], principals: [principal] })
const engine = (action: Action, policies: Readonly<Record<string, Policy>>) =>
  new RbacEngine({ action, policies: { ...policies }, auditLoggingOptions: undefined })

const permits = (rule: Permission['rule'], asked = subject()) =>
  engine(Action.ALLOW, { p: policy(Permission.fromPartial({ rule })) }).decide(asked).allowed
const identifies = (identifier: Principal['identifier'], asked = subject()) =>
  engine(Action.ALLOW, { p: policy(anyPermission, Principal.fromPartial({ identifier })) }).decide(asked).allowed

const exact = (value: string) => ({ matchPattern: { $case: 'exact', value }, ignoreCase: false }) as const
const cidr = (addressPrefix: string, prefixLen: number) => ({ addressPrefix, prefixLen })
const bytes = subject({ head: undefined })

describe('RbacEngine', () => {
  it('decide() follows its action: ALLOW lets pass what matches, DENY what does not, LOG everything', () => {
    const all = { p: policy(anyPermission) }
    assert.deepEqual(engine(Action.ALLOW, all).decide(subject()), { allowed: true, policy: 'p' })
    assert.deepEqual(engine(Action.ALLOW, {}).decide(subject()), { allowed: false, policy: undefined })
    assert.deepEqual(engine(Action.DENY, all).decide(subject()), { allowed: false, policy: 'p' })
    assert.deepEqual(engine(Action.DENY, {}).decide(subject()), { allowed: true, policy: undefined })
    assert.deepEqual(engine(Action.LOG, all).decide(subject()), { allowed: true, policy: 'p' })
  })

  it('decide() names the first by name of several policies that match', () => {
    assert.equal(engine(Action.DENY, { b: policy(anyPermission), a: policy(anyPermission) }).decide(subject()).policy, 'a')
  })

  it('decide() looks at paths without their query, and at no request where there is none', () => {
    const items = { $case: 'urlPath', value: { rule: { $case: 'path', value: exact('/items') } } } as const
    assert.equal(permits(items), true)
    assert.equal(permits(items, bytes), false)
    assert.equal(permits({ $case: 'notRule', value: Permission.fromPartial({ rule: items }) }, bytes), true)
  })

  it('decide() takes each of several header fields for itself', () => {
    const team = (value: string) =>
      identifies({
        $case: 'header',
        value: {
          name: 'x-team',
          headerMatchSpecifier: { $case: 'stringMatch', value: exact(value) },
          invertMatch: false,
          treatMissingHeaderAsEmpty: false,
        },
      })
    assert.deepEqual([team('red'), team('blue'), team('blue,red'), team('green')], [true, true, false, false])
  })

  it('decide() tells the peer from the original client, and addresses of both families', () => {
    assert.equal(identifies({ $case: 'directRemoteIp', value: cidr('10.0.0.0', 8) }), true)
    assert.equal(identifies({ $case: 'remoteIp', value: cidr('10.0.0.0', 8) }), false)
    assert.equal(identifies({ $case: 'remoteIp', value: cidr('203.0.113.0', 24) }), true)
    assert.equal(
      identifies({ $case: 'remoteIp', value: cidr('2001:db8::', 32) }, subject({ remoteAddress: '2001:db8::1' })),
      true,
    )
    assert.equal(identifies({ $case: 'remoteIp', value: cidr('0.0.0.0', 0) }, subject({ remoteAddress: '2001:db8::1' })), false)
  })

  it('decide() knows nobody without a certificate', () => {
    const web = { $case: 'authenticated', value: { principalName: exact('spiffe://cluster.local/ns/shop/sa/web') } } as const
    assert.equal(identifies(web), true)
    assert.equal(identifies(web, subject({ principals: undefined })), false)
    assert.equal(
      identifies({ $case: 'authenticated', value: { principalName: undefined } }, subject({ principals: undefined })),
      false,
    )
  })

  it('decide() asks for the port, a range of ports without its end, the address, the server name', () => {
    assert.equal(permits({ $case: 'destinationPort', value: 8080 }), true)
    assert.equal(permits({ $case: 'destinationPortRange', value: { start: 8000, end: 8080 } }), false)
    assert.equal(permits({ $case: 'destinationIp', value: cidr('10.0.0.9', 32) }), true)
    assert.equal(permits({ $case: 'requestedServerName', value: exact('cart.shop') }), true)
  })

  it('constructor names the policy that it cannot follow', () => {
    const rule = { $case: 'matcher', value: { name: 'x', typedConfig: undefined } } as const
    assert.throws(
      () => engine(Action.ALLOW, { 'my-rule': policy(Permission.fromPartial({ rule })) }),
      /RBAC policy "my-rule": .*matcher/,
    )
    assert.throws(
      () => engine(Action.ALLOW, { empty: policy(Permission.fromPartial({})) }),
      /RBAC policy "empty": a permission has no rule/,
    )
  })
})

describe('RbacRules', () => {
  const all = { action: Action.DENY, policies: { 'a policy': policy(anyPermission) }, auditLoggingOptions: undefined }

  it('decide() enforces no shadow rules: it counts them and notes the policy', () => {
    const stats = new RbacStats()
    const metadata = new DynamicMetadata()
    const rules = new RbacRules({ rulesStatPrefix: '', shadowRules: all, shadowRulesStatPrefix: 'dry_' }, stats)
    assert.equal(
      rules.decide(subject(), fields => metadata.merge('rbac', fields)),
      undefined,
    )
    assert.deepEqual(metadata.get('rbac'), { dry_shadow_engine_result: 'denied', dry_shadow_effective_policy_id: 'a policy' })
    assert.equal(stats['dry_.shadow_denied'], 1)
  })

  it('denialDetails() names the policy without spaces, or none', () => {
    assert.equal(denialDetails({ allowed: false, policy: 'a policy' }), 'rbac_access_denied_matched_policy[a_policy]')
    assert.equal(denialDetails({ allowed: false, policy: undefined }), 'rbac_access_denied_matched_policy[none]')
  })

  it('constructor refuses rules of another form: left out, they would deny nobody', () => {
    const config = { rulesStatPrefix: '', shadowRulesStatPrefix: '', matcher: {} }
    assert.throws(() => new RbacRules(config, new RbacStats()), /RBAC: matcher is not supported/)
  })
})

describe('compilePathTemplate()', () => {
  const CASES: readonly (readonly [template: string, path: string, matches: boolean])[] = [
    ['/a/*/c', '/a/b/c', true],
    ['/a/*/c', '/a//c', false],
    ['/a/*/c', '/a/b/b/c', false],
    ['/a/**', '/a/b/c', true],
    ['/a/**', '/a/', true],
    ['/a/**', '/a', false],
    ['/a/**/z', '/a/b/z', true],
    ['/a.b', '/axb', false],
    ['/{id}/x', '/7/x', true],
    ['/{rest=**}', '/7/x', true],
  ]
  for (const [template, path, matches] of CASES)
    it(`${template} ${matches ? 'matches' : 'does not match'} ${path}`, () =>
      assert.equal(compilePathTemplate(template)(path), matches))

  it('throws on what Envoy refuses', () => {
    for (const template of ['a', '/a*', '/**/*', '/{a'])
      assert.throws(() => compilePathTemplate(template), /path template/, template)
  })
})
