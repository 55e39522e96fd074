/**
 * The name of a virtual host that is a resource of its own (VHDS): "80/reviews.default.svc.cluster.local:80" is one of the table "80".
 * Envoy documentation, "Virtual host discovery service", resource naming.
 */
export function virtualHostName(table: string, host: string): string {
  return `${table}/${host}`
}

export function tableOf(virtualHost: string): string {
  return virtualHost.slice(0, virtualHost.lastIndexOf('/'))
}
