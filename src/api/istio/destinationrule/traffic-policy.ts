/** Rules for traffic policies: of a host, of a subset, of a port. */
import type { Findings } from '../../findings.ts'
import { checkPort, isIpAddress } from '../../values/address.ts'
import { checkFqdn } from '../../values/dns.ts'
import { checkDuration, checkPercent } from '../../values/quantity.ts'
import { checkConnectionPool, checkOutlierDetection } from './connection-pool-rules.ts'
import { checkLoadBalancer } from './load-balancer-rules.ts'
import type { PortTrafficPolicy, TrafficPolicy } from './schema.ts'
import { checkClientTls } from './tls-rules.ts'

/** @param namespace of the object @param findings at the policy */
export function checkTrafficPolicy(policy: TrafficPolicy | undefined, namespace: string, findings: Findings): void {
  if (policy === undefined) return
  if (Object.keys(policy).length === 0) findings.error(`the policy is empty: expected one of ${blocks.join(', ')}`)
  checkBlocks(policy, namespace, findings)
  for (const [index, port] of (policy.portLevelSettings ?? []).entries())
    checkPortPolicy(port, namespace, findings.at('portLevelSettings', index))
  if (policy.tunnel && policy.proxyProtocol) findings.error('tunnel and proxyProtocol are both there: expected one of them')
  if (policy.tunnel) checkTunnel(policy.tunnel, findings.at('tunnel'))
  const { percent, budgetInterval } = policy.retryBudget ?? {}
  if (percent !== undefined) findings.at('retryBudget', 'percent').check(checkPercent(percent))
  if (budgetInterval !== undefined) findings.at('retryBudget', 'budgetInterval').check(checkDuration(budgetInterval))
}

const blocks = [
  'loadBalancer',
  'connectionPool',
  'outlierDetection',
  'tls',
  'portLevelSettings',
  'tunnel',
  'proxyProtocol',
  'retryBudget',
]

function checkBlocks(policy: TrafficPolicy | PortTrafficPolicy, namespace: string, findings: Findings): void {
  checkLoadBalancer(policy.loadBalancer, policy.outlierDetection !== undefined, findings.at('loadBalancer'))
  checkConnectionPool(policy.connectionPool, findings.at('connectionPool'))
  checkOutlierDetection(policy.outlierDetection, findings.at('outlierDetection'))
  checkClientTls(policy.tls, namespace, findings.at('tls'))
}

function checkPortPolicy(policy: PortTrafficPolicy, namespace: string, findings: Findings): void {
  if (policy.port === undefined) findings.error('"port" is missing: expected port.number', { code: 'missing-field' })
  else findings.at('port', 'number').check(checkPort(policy.port.number ?? 0))
  const { loadBalancer, connectionPool, outlierDetection, tls } = policy
  if (!loadBalancer && !connectionPool && !outlierDetection && !tls) {
    findings.error('it settles nothing for the port: expected loadBalancer, connectionPool, outlierDetection or tls')
  }
  checkBlocks(policy, namespace, findings)
}

function checkTunnel({ protocol, targetHost, targetPort }: NonNullable<TrafficPolicy['tunnel']>, findings: Findings): void {
  if (protocol && protocol !== 'CONNECT' && protocol !== 'POST') {
    findings.at('protocol').error(`"${protocol}" is no way to tunnel: expected CONNECT or POST`)
  }
  if (!isIpAddress(targetHost)) findings.at('targetHost').check(checkFqdn(targetHost))
  findings.at('targetPort').check(checkPort(targetPort))
}
