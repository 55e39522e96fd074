/** gRPC's status codes, as far as the client says or reads them. */
export const OK = 0
export const INVALID_ARGUMENT = 3
