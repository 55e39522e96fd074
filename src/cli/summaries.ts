/** All verbs in one line each, in the order in which a newcomer meets them. */
export const SUMMARIES = {
  up: 'run the mesh of a directory of manifests on this machine',
  ps: 'what runs: workloads, their proxies, where to enter',
  logs: 'the lines of all processes, or of one',
  down: 'stop a mesh that runs on this machine',
  top: 'the services and their traffic, live',
  tap: 'requests as they end',
  graph: 'who calls whom, for other programs to draw',
  validate: 'check manifests without running anything',
  analyze: 'find what is wrong between manifests, as istioctl analyze does',
  'gateway-status': 'what Gateways and routes would be told in their status',
  xds: 'print the configuration that a proxy would get',
  explain: 'where a request goes, and which line of which file says so',
  expand: 'print what mizzen.dev objects mean in the words of Istio',
  inject: 'put the proxy into the pods of manifests, as istioctl kube-inject does',
  crds: "print the mesh's kinds for Kubernetes (CustomResourceDefinitions)",
  schema: 'print the JSON Schema of the kinds, for editors',
  install: 'install the mesh on a cluster',
  upgrade: 'bring an installation to the version of this command',
  uninstall: 'take the mesh away from a cluster',
  manifest: 'print what install would apply',
  precheck: 'whether a cluster is fit for the mesh',
  'verify-install': 'whether everything of an installation is there and works',
  tag: 'names for revisions, by which namespaces choose one',
  'proxy-status': 'whether the proxies have the newest configuration; --wait until they have',
  'proxy-config': 'what a proxy has: clusters, listeners, routes, endpoints, certificates',
  describe: 'what the mesh makes of a pod or a service',
  dashboard: 'a page of the control plane or of a proxy in the browser',
  'bug-report': 'collect what somebody needs to find a mistake',
  completion: 'a script by which bash, zsh or fish completes commands',
  'control-plane': 'run the control plane alone',
  token: 'a token by which a machine joins the mesh',
  ca: 'the certificate authority: look at its roots, replace them, revoke a certificate',
  proxy: 'run the data plane from an Envoy bootstrap, or that of a pod',
  'grpc-bootstrap': 'the file that a gRPC application without a proxy starts from',
  capture: "lead a pod's traffic to its proxy, as istio-iptables does",
  cni: 'the CNI plugin: lead traffic to proxies without rights in pods',
  wait: 'wait until the proxy of this pod is ready',
  request: 'ask the proxy of this pod',
  version: 'print the version',
  help: 'print this, or what a command can do',
} as const satisfies Readonly<Record<string, string>>

export type VerbName = keyof typeof SUMMARIES

export function isVerb(word: string): word is VerbName {
  return Object.hasOwn(SUMMARIES, word)
}
