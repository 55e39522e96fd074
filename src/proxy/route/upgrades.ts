/**
 * RouteAction.upgrade_configs: which protocol upgrades this route allows or forbids, over what the connection manager says.
 */
import type { RouteAction_UpgradeConfig } from '../../xds/gen/envoy/config/route/v3/route_components.ts'
import type { ForwardAction } from './decision.ts'

/** @throws on what cannot be honoured, with the reason */
export function compileUpgrades(
  configs: readonly RouteAction_UpgradeConfig[],
): Pick<ForwardAction, 'upgrades' | 'terminateConnect'> {
  const upgrades = new Map<string, boolean>()
  let terminateConnect = false
  for (const { upgradeType, enabled = true, connectConfig } of configs) {
    const type = upgradeType.toLowerCase()
    if (type === '') throw new Error('an upgrade_configs entry has no upgrade_type')
    if (upgrades.has(type)) throw new Error(`upgrade_type "${upgradeType}" occurs twice`)
    upgrades.set(type, enabled)
    if (!connectConfig) continue
    if (type !== 'connect') throw new Error(`upgrade_type "${upgradeType}" has a connect_config, expected it on CONNECT only`)
    if (connectConfig.proxyProtocolConfig) throw new Error('connect_config.proxy_protocol_config is not supported')
    if (connectConfig.allowPost) throw new Error('connect_config.allow_post is not supported')
    terminateConnect = enabled
  }
  return { upgrades, terminateConnect }
}
