/** Bytes that a check sends or looks for (envoy.config.core.v3.HealthCheck.Payload). */
import type { HealthCheck_Payload as Payload } from '../../xds/gen/envoy/config/core/v3/health_check.ts'

/** @throws on text that is not hexadecimal */
export function payload({ payload: choice }: Payload): Buffer {
  if (choice?.$case === 'binary') return Buffer.from(choice.value)
  const text = choice?.value ?? ''
  if (text === '' || text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text))
    throw new Error(`malformed health check payload "${text}", expected pairs of hexadecimal digits`)
  return Buffer.from(text, 'hex')
}

/** Whether all parts occur, one after the other, with anything between them. */
export function containsInOrder(bytes: Buffer, parts: readonly Buffer[]): boolean {
  let from = 0
  for (const part of parts) {
    const at = bytes.indexOf(part, from)
    if (at < 0) return false
    from = at + part.length
  }
  return true
}
