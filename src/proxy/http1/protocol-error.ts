/** What can be wrong with an HTTP/1 message: one stable name each, for logs and statistics, and the status a client is told. */

/** The status for each code. A response from upstream with such a fault is a `protocol-error` reset instead. */
export const STATUS_OF = {
  'http1.bad_method': 400,
  'http1.bad_target': 400,
  'http1.target_with_fragment': 400,
  'http1.bad_request_line': 400,
  'http1.bad_status_line': 400,
  'http1.unsupported_version': 505,
  'http1.bare_lf': 400,
  'http1.bare_cr': 400,
  'http1.obs_fold': 400,
  'http1.bad_field_name': 400,
  'http1.bad_field_value': 400,
  'http1.head_too_large': 431,
  'http1.too_many_fields': 431,
  'http1.missing_host': 400,
  'http1.several_hosts': 400,
  'http1.bad_host': 400,
  'http1.bad_content_length': 400,
  'http1.several_content_lengths': 400,
  'http1.content_length_with_transfer_encoding': 400,
  'http1.unsupported_transfer_encoding': 501,
  'http1.bad_transfer_encoding': 400,
  'http1.transfer_encoding_in_http_1_0': 400,
  'http1.body_in_connect': 400,
  'http1.bad_chunk_size': 400,
  'http1.chunk_too_large': 400,
  'http1.chunk_extensions_too_large': 400,
  'http1.bad_chunk_end': 400,
  'http1.forbidden_trailer': 400,
  'http1.unexpected_upgrade': 400,
  'http1.unexpected_bytes': 400,
  'http1.head_timeout': 408,
} as const

export type ProtocolErrorCode = keyof typeof STATUS_OF
