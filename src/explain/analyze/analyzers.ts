/** All analyzers. Messages are sorted afterwards, so the order is one for readers: what concerns one object, then what is between them. */
import type { Analyzer } from './analyzer.ts'
import { alphaAnnotations, annotations } from './analyzers/annotations.ts'
import { applicationUid } from './analyzers/application-uid.ts'
import { authorizationPolicies } from './analyzers/authorization-policies.ts'
import { blockedCidrs } from './analyzers/blocked-cidrs.ts'
import { conditions } from './analyzers/conditions.ts'
import { deploymentServices } from './analyzers/deployment-services.ts'
import { deprecations } from './analyzers/deprecations.ts'
import { destinationHosts } from './analyzers/destination-hosts.ts'
import { destinationRuleSubsets } from './analyzers/destination-rule-subsets.ts'
import { destinationRuleTls } from './analyzers/destination-rule-tls.ts'
import { destinationSubsets } from './analyzers/destination-subsets.ts'
import { envoyFilters } from './analyzers/envoy-filters.ts'
import { externalControlPlane } from './analyzers/external-control-plane.ts'
import { gatewayApiSelectors, gatewayApiVersions } from './analyzers/gateway-api.ts'
import { gatewayCertificates } from './analyzers/gateway-certificates.ts'
import { gatewayConflicts } from './analyzers/gateway-conflicts.ts'
import { gatewayPorts } from './analyzers/gateway-ports.ts'
import { gatewaySecrets } from './analyzers/gateway-secrets.ts'
import { imageAuto } from './analyzers/image-auto.ts'
import { injection } from './analyzers/injection.ts'
import { jwtClaimRoutes } from './analyzers/jwt-claim-routes.ts'
import { meshHosts } from './analyzers/mesh-hosts.ts'
import { meshNetworks } from './analyzers/mesh-networks.ts'
import { multiCluster } from './analyzers/multi-cluster.ts'
import { delegates } from './analyzers/own/delegates.ts'
import { destinationRuleConflicts } from './analyzers/own/destination-rule-conflicts.ts'
import { emptyHosts } from './analyzers/own/empty-hosts.ts'
import { plaintext } from './analyzers/own/plaintext.ts'
import { policySelection } from './analyzers/own/policy-selection.ts'
import { weights } from './analyzers/own/weights.ts'
import { portNames } from './analyzers/port-names.ts'
import { proxyImages } from './analyzers/proxy-images.ts'
import { serviceEntryAddresses } from './analyzers/service-entry-addresses.ts'
import { serviceEntryProtocols } from './analyzers/service-entry-protocols.ts'
import { sidecars } from './analyzers/sidecars.ts'
import { telemetryProviders, telemetrySelectors } from './analyzers/telemetry.ts'
import { virtualServiceGateways } from './analyzers/virtual-service-gateways.ts'
import { webhooks } from './analyzers/webhooks.ts'

export const ANALYZERS: readonly Analyzer[] = [
  // One object by itself.
  annotations,
  alphaAnnotations,
  deprecations,
  applicationUid,
  portNames,
  envoyFilters,
  destinationRuleTls,
  serviceEntryAddresses,
  conditions,
  // What refers to something must find it.
  destinationHosts,
  destinationSubsets,
  virtualServiceGateways,
  jwtClaimRoutes,
  destinationRuleSubsets,
  gatewayPorts,
  gatewaySecrets,
  authorizationPolicies,
  gatewayApiSelectors,
  telemetryProviders,
  // What claims something must be the only one.
  meshHosts,
  gatewayConflicts,
  gatewayCertificates,
  sidecars,
  telemetrySelectors,
  serviceEntryProtocols,
  deploymentServices,
  // The installation around the objects.
  injection,
  imageAuto,
  proxyImages,
  webhooks,
  externalControlPlane,
  blockedCidrs,
  gatewayApiVersions,
  meshNetworks,
  multiCluster,
  // mizzen's own, last: they leave out what one above has said.
  weights,
  policySelection,
  plaintext,
  delegates,
  emptyHosts,
  destinationRuleConflicts,
]
