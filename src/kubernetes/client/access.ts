/** Where an API server is, and by what it knows us. Two ways lead here: being a pod of the cluster, and a kubeconfig. */
import type { OutgoingHttpHeaders } from 'node:http'
import type { RequestOptions } from 'node:https'

export type RequestSecurity = Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'servername'> & {
  readonly headers?: OutgoingHttpHeaders
}

export interface ApiAccess {
  readonly server: URL
  /** The namespace that is meant where none is named. */
  readonly namespace: string
  /** For messages: "in-cluster", the kubeconfig's context. */
  readonly name: string
  /** TLS and authorization of the next request; asked for each, because tokens are renewed. */
  options(): Promise<RequestSecurity>
}
