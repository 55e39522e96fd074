/** IngressClass (networking.k8s.io/v1): which controller serves the Ingresses that name it. */
import { type Static, Type } from 'typebox'
import { openMessage } from '../../schema/message.ts'

export const IngressClassSpec = openMessage({
  controller: Type.String({ description: 'mizzen serves "istio.io/ingress-controller" and "mizzen.dev/ingress-controller"' }),
})
export type IngressClassSpec = Static<typeof IngressClassSpec>
