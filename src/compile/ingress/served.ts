/** Which Ingresses are served here: by class, as Istio does (ingressControllerMode, ingressClass of the mesh configuration). */
import type { Ingress, IngressClass } from '../../api/registry.ts'
import type { MeshSettings } from '../../model/settings.ts'

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class'
const CONTROLLERS: ReadonlySet<string> = new Set(['istio.io/ingress-controller', 'mizzen.dev/ingress-controller'])

/** The annotation goes before the class that the spec names. */
export function isServed(object: Ingress, classes: readonly IngressClass[], { ingress }: MeshSettings): boolean {
  if (ingress.mode === 'none') return false
  const annotated = object.annotations[CLASS_ANNOTATION]
  if (annotated !== undefined) return annotated === ingress.className
  const { ingressClassName } = object.spec
  if (ingressClassName === undefined) return ingress.mode === 'unclassed'
  const controller = classes.find(entry => entry.name === ingressClassName)?.spec.controller
  return controller === undefined ? ingressClassName === ingress.className : CONTROLLERS.has(controller)
}
