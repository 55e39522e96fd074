/**
 * Every message `mizzen analyze` has: Istio's codes keep Istio's meaning and level, MZ codes are mizzen's own. docs/analyze.md lists the
 * same (a test compares both ways).
 */
export type Level = 'Error' | 'Warning' | 'Info'

/** From the least to the most serious. */
export const LEVELS: readonly Level[] = ['Info', 'Warning', 'Error']

export const CODES = {
  IST0002: { level: 'Warning', name: 'Deprecated' },
  IST0101: { level: 'Error', name: 'ReferencedResourceNotFound' },
  IST0102: { level: 'Info', name: 'NamespaceNotInjected' },
  IST0103: { level: 'Warning', name: 'PodMissingProxy' },
  IST0106: { level: 'Error', name: 'SchemaValidationError' },
  IST0107: { level: 'Warning', name: 'MisplacedAnnotation' },
  IST0108: { level: 'Warning', name: 'UnknownAnnotation' },
  IST0109: { level: 'Error', name: 'ConflictingMeshGatewayVirtualServiceHosts' },
  IST0110: { level: 'Error', name: 'ConflictingSidecarWorkloadSelectors' },
  IST0111: { level: 'Error', name: 'MultipleSidecarsWithoutWorkloadSelectors' },
  IST0112: { level: 'Error', name: 'VirtualServiceDestinationPortSelectorRequired' },
  IST0116: { level: 'Warning', name: 'DeploymentAssociatedToMultipleServices' },
  IST0118: { level: 'Info', name: 'PortNameIsNotUnderNamingConvention' },
  IST0123: { level: 'Warning', name: 'NamespaceMultipleInjectionLabels' },
  IST0125: { level: 'Warning', name: 'InvalidAnnotation' },
  IST0126: { level: 'Error', name: 'UnknownMeshNetworksServiceRegistry' },
  IST0127: { level: 'Warning', name: 'NoMatchingWorkloadsFound' },
  IST0128: { level: 'Warning', name: 'NoServerCertificateVerificationDestinationLevel' },
  IST0129: { level: 'Warning', name: 'NoServerCertificateVerificationPortLevel' },
  IST0130: { level: 'Warning', name: 'VirtualServiceUnreachableRule' },
  IST0131: { level: 'Info', name: 'VirtualServiceIneffectiveMatch' },
  IST0132: { level: 'Warning', name: 'VirtualServiceHostNotFoundInGateway' },
  IST0133: { level: 'Warning', name: 'SchemaWarning' },
  IST0134: { level: 'Warning', name: 'ServiceEntryAddressesRequired' },
  IST0135: { level: 'Info', name: 'DeprecatedAnnotation' },
  IST0136: { level: 'Info', name: 'AlphaAnnotation' },
  IST0137: { level: 'Warning', name: 'DeploymentConflictingPorts' },
  IST0138: { level: 'Warning', name: 'GatewayDuplicateCertificate' },
  IST0139: { level: 'Error', name: 'InvalidWebhook' },
  IST0140: { level: 'Warning', name: 'IngressRouteRulesNotAffected' },
  IST0144: { level: 'Warning', name: 'InvalidApplicationUID' },
  IST0145: { level: 'Error', name: 'ConflictingGateways' },
  IST0146: { level: 'Warning', name: 'ImageAutoWithoutInjectionWarning' },
  IST0147: { level: 'Error', name: 'ImageAutoWithoutInjectionError' },
  IST0148: { level: 'Info', name: 'NamespaceInjectionEnabledByDefault' },
  IST0149: { level: 'Error', name: 'JwtClaimBasedRoutingWithoutRequestAuthN' },
  IST0150: { level: 'Warning', name: 'ExternalNameServiceTypeInvalidPortName' },
  IST0151: { level: 'Warning', name: 'EnvoyFilterUsesRelativeOperation' },
  IST0152: { level: 'Error', name: 'EnvoyFilterUsesReplaceOperationIncorrectly' },
  IST0153: { level: 'Error', name: 'EnvoyFilterUsesAddOperationIncorrectly' },
  IST0154: { level: 'Error', name: 'EnvoyFilterUsesRemoveOperationIncorrectly' },
  IST0155: { level: 'Warning', name: 'EnvoyFilterUsesRelativeOperationWithProxyVersion' },
  IST0157: { level: 'Warning', name: 'InvalidTelemetryProvider' },
  IST0158: { level: 'Warning', name: 'PodsIstioProxyImageMismatchInNamespace' },
  IST0159: { level: 'Error', name: 'ConflictingTelemetryWorkloadSelectors' },
  IST0160: { level: 'Error', name: 'MultipleTelemetriesWithoutWorkloadSelectors' },
  IST0161: { level: 'Error', name: 'InvalidGatewayCredential' },
  IST0162: { level: 'Warning', name: 'GatewayPortNotDefinedOnService' },
  IST0163: { level: 'Warning', name: 'InvalidExternalControlPlaneConfig' },
  IST0164: { level: 'Info', name: 'ExternalControlPlaneAddressIsNotAHostname' },
  IST0165: { level: 'Warning', name: 'ReferencedInternalGateway' },
  IST0166: { level: 'Warning', name: 'IneffectiveSelector' },
  IST0167: { level: 'Warning', name: 'IneffectivePolicy' },
  IST0170: { level: 'Warning', name: 'MultiClusterInconsistentService' },
  IST0171: { level: 'Warning', name: 'NegativeConditionStatus' },
  IST0173: { level: 'Error', name: 'DestinationRuleSubsetNotSelectPods' },
  IST0174: { level: 'Warning', name: 'UnknownDestinationRuleHost' },
  IST0175: { level: 'Warning', name: 'JwksUriFetchUnrestricted' },
  IST0176: { level: 'Warning', name: 'GatewayAPICRDVersionBelowMinimum' },
  IST0177: { level: 'Warning', name: 'ConflictingServiceEntryProtocol' },
  MZ0001: { level: 'Error', name: 'UnreadableDocument' },
  MZ0002: { level: 'Error', name: 'InvalidKubernetesObject' },
  MZ0003: { level: 'Warning', name: 'UnknownKind' },
  MZ0004: { level: 'Warning', name: 'FieldWithoutEffect' },
  MZ0005: { level: 'Error', name: 'InvalidMeshConfig' },
  MZ0006: { level: 'Warning', name: 'NotFollowed' },
  MZ0007: { level: 'Warning', name: 'WeightsDoNotAddUp' },
  MZ0008: { level: 'Warning', name: 'PolicySelectsNothing' },
  MZ0009: { level: 'Warning', name: 'PlaintextToStrict' },
  MZ0010: { level: 'Error', name: 'DelegateNotFound' },
  MZ0011: { level: 'Warning', name: 'NobodyBehindHost' },
  MZ0012: { level: 'Warning', name: 'ConflictingDestinationRules' },
} as const satisfies Readonly<Record<string, { readonly level: Level; readonly name: string }>>

export type Code = keyof typeof CODES

export function isCode(text: string): text is Code {
  return Object.hasOwn(CODES, text)
}
