/** Where shared limits are counted. */
import type { GcraRate, GcraVerdict } from '../../lib/gcra.ts'

export interface Counters {
  /**
   * Takes one request of each bucket, or of none: what one of them refuses is not to count in the others.
   *
   * @returns a verdict for each bucket; it rejects when the store cannot be asked
   */
  take(key: string, rates: readonly GcraRate[]): Promise<readonly GcraVerdict[]>
  close(): void
}
