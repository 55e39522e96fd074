/**
 * The buffers a transport gathers its output in. A transport has one only between its first write of an event-loop turn and the
 * flush at the turn's end (longer while the peer does not read), so a few serve thousands of connections.
 *
 * Two sizes, because a 64 KB buffer a connection ran the pool dry at 300 active connections and cost 29 us a request:
 * a connection starts with a small one and moves to a large one when its turn's output does not fit.
 */
export const SMALL_SLAB = 4 * 1024
export const LARGE_SLAB = 64 * 1024

/** How many are kept when nobody needs them: 512 KB and 1 MB. What is above goes to the garbage collector. */
const KEEP_SMALL = 128
const KEEP_LARGE = 16

const small: Buffer[] = []
const large: Buffer[] = []

export function takeSmallSlab(): Buffer {
  // Slow: outside Buffer's own pool, whose 8 KB pages a kept slab would pin.
  return small.pop() ?? Buffer.allocUnsafeSlow(SMALL_SLAB)
}

export function takeLargeSlab(): Buffer {
  return large.pop() ?? Buffer.allocUnsafeSlow(LARGE_SLAB)
}

/** Gives a slab back; the caller holds no reference any longer, nor does the kernel. */
export function giveSlab(slab: Buffer): void {
  if (slab.length === SMALL_SLAB) {
    if (small.length < KEEP_SMALL) small.push(slab)
  } else if (large.length < KEEP_LARGE) large.push(slab)
}
