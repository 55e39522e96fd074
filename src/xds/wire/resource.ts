/**
 * A resource as it lies ready to be sent: what src/xds/resources makes and src/xds/server hands out.
 *
 * One object stands for one content, shared by all proxies that have it: the server remembers per object what it derived from the
 * bytes, so an unchanged resource must stay the same object (or at least keep its version) from one snapshot to the next.
 */
export interface EncodedResource {
  readonly name: string
  /**
   * Changes exactly when the content does; a digest of the bytes. The same content must get the same version after a restart of the
   * control plane: proxies that reconnect tell the versions they have and are sent only what differs.
   */
  readonly version: string
  /** The encoded message, which google.protobuf.Any calls `value`. Never written to after it was handed over. */
  readonly bytes: Uint8Array
}
