/** gRPC's statuses by name; the place in the list is the code (grpc/statuscodes.md). */
export const grpcStatusNames: readonly string[] = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
]

/** undefined: no such status. */
export function grpcStatus(name: string): number | undefined {
  const code = grpcStatusNames.indexOf(name.toUpperCase())
  return code < 0 ? undefined : code
}
