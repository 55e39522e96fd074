/** What is made for a Gateway is called by its name and its class (as Istio calls it), and shorter where that is too long for a Service or a label. */
import { createHash } from 'node:crypto'
import type { KubernetesGateway } from '../../api/registry.ts'

/** Of a DNS label, which a Service's name is, and of a label's value. */
const LONGEST = 63
const HASH = 8

/** Of the Service, the Deployment and the service account. */
export function infrastructureName({ name, spec }: Pick<KubernetesGateway, 'name' | 'spec'>): string {
  // A Service's name has no dots.
  return shortened(`${name}-${spec.gatewayClassName}`.replaceAll('.', '-'))
}

/** The value of the label by which pods and Services say whose they are. */
export function gatewayLabel(name: string): string {
  return shortened(name)
}

function shortened(name: string): string {
  if (name.length <= LONGEST) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH)
  return `${name.slice(0, LONGEST - HASH - 1).replace(/[-.]+$/, '')}-${hash}`
}
