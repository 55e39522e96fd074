/**
 * Keeps what Gateways of the Gateway API run as: makes it, changes it with them, sets right what somebody took away. Each object is applied only when
 * what it should be has changed, or is no longer there.
 */
import { createHash } from 'node:crypto'
import { resourceName } from '../../../api/object.ts'
import type { ConfigMap, KubernetesGateway } from '../../../api/registry.ts'
import { isManual } from '../../../compile/gateway-api/addresses.ts'
import { controllerOf, MIZZEN_CONTROLLER } from '../../../compile/gateway-api/controllers.ts'
import { isApiError } from '../../../kubernetes/client/api-error.ts'
import type { ApiServer } from '../../../kubernetes/client/api-server.ts'
import { applyObject } from '../../../kubernetes/client/apply.ts'
import { textAt } from '../../../kubernetes/client/raw-object.ts'
import { Reflector } from '../../../kubernetes/client/reflector.ts'
import { type GatewayObject, gatewayObjects, MANAGED, MANAGED_BY } from '../../../kubernetes/gateway/gateway-objects.ts'
import type { Clock } from '../../../lib/clock.ts'
import { Debounce } from '../../../lib/debounce.ts'
import type { Store } from '../../../source/store.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { type InjectionOptions, injectionSettings, namespaceFacts } from '../injection.ts'
import { namespacesOfMesh } from '../namespaces.ts'

export interface GatewayControllerOptions {
  readonly api: ApiServer
  readonly clock: Clock
  readonly store: Store
  readonly controlPlane: ControlPlane
  /** Where classes are; undefined: this cluster has no Gateway API. */
  readonly classes: () => string | undefined
  readonly injection: InjectionOptions
  readonly warn: (line: string) => void
  readonly note: (line: string) => void
}

const QUIET_MS = 50
const RETRY_MS = 5000
const CLASS = 'mizzen'
/** Watched for what others take away. */
const MADE = ['/apis/apps/v1/deployments', '/api/v1/services', '/api/v1/serviceaccounts'] as const

export class GatewayController {
  readonly #options: GatewayControllerOptions
  readonly #run: Debounce
  readonly #reflectors: readonly Reflector<string>[]
  /** What was applied last, by path; forgotten when it is gone. */
  readonly #applied = new Map<string, string>()
  readonly #warned = new Map<string, string>()
  #cancel: () => void = () => {}
  #closed = false

  constructor(options: GatewayControllerOptions) {
    this.#options = options
    this.#run = new Debounce({ clock: options.clock, quietMs: QUIET_MS, run: done => void this.#applyAll().finally(done) })
    this.#reflectors = MADE.map(path => this.#follow(path))
    this.#run.trigger()
  }

  update(): void {
    if (!this.#closed) this.#run.trigger()
  }

  close(): void {
    this.#closed = true
    this.#run.cancel()
    this.#cancel()
    for (const reflector of this.#reflectors) reflector.close()
  }

  #follow(path: string): Reflector<string> {
    const plural = path.slice(path.lastIndexOf('/') + 1)
    const root = path.slice(0, path.lastIndexOf('/'))
    return new Reflector<string>({
      api: this.#options.api,
      path,
      labelSelector: `${MANAGED}=${MANAGED_BY}`,
      accept:
        'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
      sink: {
        read: object => textAt(object, 'metadata', 'name'),
        replace: () => {},
        changed: () => {},
        removed: object => {
          const [namespace, name] = [textAt(object, 'metadata', 'namespace'), textAt(object, 'metadata', 'name')]
          this.#applied.delete(`${root}/namespaces/${namespace}/${plural}/${name}`)
          this.update()
        },
        trouble: error => error && this.#warnOnce(path, error.message),
      },
    })
  }

  async #applyAll(): Promise<void> {
    const { store, controlPlane } = this.#options
    const { objects } = store.snapshot()
    await this.#applyClass()
    const namespaces = new Set(namespacesOfMesh(objects.Namespace, controlPlane.mesh.settings))
    for (const gateway of objects.KubernetesGateway) {
      const { gatewayController } = controlPlane.mesh.settings
      const ours = controllerOf(gateway.spec.gatewayClassName, objects.GatewayClass, gatewayController) !== undefined
      if (!this.#closed && ours && !isManual(gateway) && namespaces.has(gateway.namespace)) await this.#apply(gateway)
    }
  }

  /** What people name in `gatewayClassName: mizzen` is there to be looked at. */
  async #applyClass(): Promise<void> {
    const { api, store, classes, controlPlane } = this.#options
    const list = classes()
    // With a controller of its own, classes are declared by who chose it.
    if (controlPlane.mesh.settings.gatewayController !== undefined) return
    if (list === undefined || store.snapshot().objects.GatewayClass.some(({ name }) => name === CLASS)) return
    const spec = { controllerName: MIZZEN_CONTROLLER, description: 'gateways of the mizzen service mesh' }
    const body = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'GatewayClass', metadata: { name: CLASS }, spec }
    await applyObject(api, `${list}/${CLASS}`, body).catch((error: unknown) =>
      this.#warnOnce(`GatewayClass ${CLASS}`, error instanceof Error ? error.message : String(error)),
    )
  }

  async #apply(gateway: KubernetesGateway): Promise<void> {
    const { injection, store, note } = this.#options
    const { objects } = store.snapshot()
    const sets = [...objects.ListenerSet, ...objects.XListenerSet].filter(
      ({ namespace, spec: { parentRef } }) =>
        parentRef.name === gateway.name && (parentRef.namespace ?? namespace) === gateway.namespace,
    )
    try {
      const made = gatewayObjects({
        gateway,
        listeners: [gateway, ...sets].flatMap(({ spec }) => spec.listeners),
        namespace: namespaceFacts(injection, gateway.namespace),
        parameters: this.#parameters(gateway),
        settings: injectionSettings(injection),
      })
      for (const object of made) {
        if (await this.#applyOne(object)) note(`${String(object.body['kind'])} ${gateway.namespace}/${object.name} is applied`)
      }
      this.#warned.delete(resourceName(gateway))
    } catch (error) {
      // The namespace is going, and the Gateway with it.
      if (isApiError(error, 404) || String(error).includes('being terminated')) return
      this.#warnOnce(resourceName(gateway), `${resourceName(gateway)}: ${error instanceof Error ? error.message : String(error)}`)
      this.#cancel()
      this.#cancel = this.#options.clock.after(RETRY_MS, () => this.update())
    }
  }

  async #applyOne({ list, name, body }: GatewayObject): Promise<boolean> {
    const path = `${list}/${name}`
    const hash = createHash('sha256').update(JSON.stringify(body)).digest('base64')
    if (this.#applied.get(path) === hash) return false
    await applyObject(this.#options.api, path, body)
    this.#applied.set(path, hash)
    return true
  }

  /** What the class says first, then what the Gateway says. */
  #parameters(gateway: KubernetesGateway): ConfigMap[] {
    const { ConfigMap: configMaps, GatewayClass: classes } = this.#options.store.snapshot().objects
    const ofClass = classes.find(({ name }) => name === gateway.spec.gatewayClassName)?.spec.parametersRef
    const own = gateway.spec.infrastructure?.parametersRef
    const names = [
      ofClass && { namespace: ofClass.namespace ?? '', name: ofClass.name },
      own && { namespace: gateway.namespace, name: own.name },
    ]
    return names.flatMap(
      wanted => configMaps.find(({ namespace, name }) => namespace === wanted?.namespace && name === wanted.name) ?? [],
    )
  }

  #warnOnce(about: string, line: string): void {
    if (this.#warned.get(about) === line) return
    this.#warned.set(about, line)
    this.#options.warn(line)
  }
}
