/**
 * Where node:http (24) and Envoy (1.40, defaults) judge a case of the request corpus otherwise than we do, and why ours stands. What they
 * accept and we refuse is mostly this: bytes that the next server may read in another way.
 */

/** Names of cases, by the reason. */
type Reasons = Readonly<Record<string, readonly string[]>>

export interface Differences {
  /** Accepted by the other, refused by us. */
  readonly laxer: Reasons
  /** Refused by the other, accepted by us. */
  readonly stricter: Reasons
}

export const ENVOY_DIFFERENCES: Differences = {
  laxer: {
    'a line ends with CRLF (RFC 9112 section 2.2); a bare LF or CR is where two servers may see two lines and one': [
      'a bare LF before the request',
      'request line ended by LF',
      'request line ended by CR CR LF',
      'field value with a bare CR',
      'field value with a bare CR before a field',
      'field line ended by LF',
      'head ended by LF',
      'head with LF only',
      'trailer section ended by LF',
    ],
    'parts of the request line are separated by one space (RFC 9112 section 3)': [
      'two spaces after the method',
      'tab after the method',
      'two spaces before the version',
      'space after the version',
    ],
    'only one empty line before a request is forgiven': ['two empty lines before the request'],
    'a folded line is refused or unfolded (RFC 9112 section 5.2), and refusing is safer': [
      'folded field (space)',
      'folded field (tab)',
      'folded Content-Length',
      'folded trailer',
    ],
    'Host is there once, and well formed (RFC 9112 section 3.2): routing and authorization go by it': [
      'absolute form, still without Host',
      'absolute form with user information',
      'two Hosts',
      'two equal Hosts',
      'empty Host',
      'Host with user information',
      'Host that is a list',
      'Host with a port that is none',
      'Host with two ports',
      'Host with an open bracket',
    ],
    'a chunk is exactly its size, CRLF, as many bytes, CRLF (RFC 9112 section 7.1)': [
      'chunk size before a space',
      'chunk size before a tab',
      'chunk size with very many zeros',
      'chunk data longer than its size',
      'chunk data shorter than its size',
      'chunk data ended by LF',
      'chunk extension with a NUL',
    ],
    'extensions mean nothing to anybody and keep the proxy busy': [
      'chunk extension of 17 KB',
      'chunk extensions of 17 KB together',
    ],
    'a server that merges trailers into the head would be misled (RFC 9110 section 6.5.1)': [
      'Content-Length in the trailers',
      'Transfer-Encoding in the trailers',
      'Host in the trailers',
    ],
  },
  stricter: {
    'Envoy knows a list of methods; a mesh need not': ['method with every character we take'],
    'naming Host in Connection does nothing here': ['Host named in Connection stays'],
  },
}

export const NODE_DIFFERENCES: Differences = {
  laxer: {
    'a line ends with CRLF, and only one empty line before a request is forgiven (RFC 9112 section 2.2)': [
      'a bare LF before the request',
      'two empty lines before the request',
    ],
    'parts of the request line are separated by one space (RFC 9112 section 3)': [
      'two spaces after the method',
      'two spaces before the version',
    ],
    'the target is in one of four forms (RFC 9112 section 3.2)': [
      'target with a fragment',
      'asterisk with GET',
      'absolute form of another scheme',
      'absolute form with user information',
      'absolute form without an authority',
      'absolute form with a port that is none',
    ],
    'Host is there once, and well formed (RFC 9112 section 3.2): routing and authorization go by it': [
      'two Hosts',
      'two equal Hosts',
      'empty Host',
      'Host with a space',
      'Host with a path',
      'Host with user information',
      'Host that is a list',
      'Host with a port that is none',
      'Host with two ports',
      'Host with an open bracket',
      'Host above ASCII',
    ],
    'its limit of fields is 2000': ['101 fields'],
    'chunked is the only coding we speak': ['gzip, chunked'],
    'our sizes have 12 digits at most': ['chunk size with very many zeros'],
    'extensions mean nothing to anybody and keep the proxy busy': ['chunk extensions of 17 KB together'],
    'a server that merges trailers into the head would be misled (RFC 9110 section 6.5.1)': ['Host in the trailers'],
  },
  stricter: {
    'node knows a list of methods; a mesh need not': ['method with every character we take'],
    'without a handler for upgrades node goes on, but takes the rest of the connection for the upgrade': [
      'upgrade to cleartext HTTP/2 is not taken',
    ],
  },
}
