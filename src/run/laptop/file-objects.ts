/**
 * The manifests' objects on their way into the store. Bare pods stop here: the kubelet runs them, and publishes them with the addresses
 * and the state that they have on this machine.
 */
import type { AnyObject, Pod } from '../../api/registry.ts'
import type { Diagnostic } from '../../source/diagnostic.ts'
import type { Contribution } from '../../source/store.ts'

export class FileObjects implements Contribution {
  readonly #to: Contribution
  /** Called after every reading, before the objects go on. */
  #pods: readonly Pod[] = []

  constructor(to: Contribution) {
    this.#to = to
  }

  /** The bare pods of the manifests. */
  get pods(): readonly Pod[] {
    return this.#pods
  }

  publish(objects: readonly AnyObject[], diagnostics?: readonly Diagnostic[]): void {
    this.#pods = objects.filter(object => object.kind === 'Pod')
    this.#to.publish(
      objects.filter(object => object.kind !== 'Pod'),
      diagnostics,
    )
  }
}
