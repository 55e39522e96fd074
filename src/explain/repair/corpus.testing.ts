/** Broken documents as people write them: what must be said of each, and what must stand in the corrected one (nothing: there is none). */

export interface BrokenDocument {
  readonly name: string
  readonly text: string
  /** Each must be in some error or warning. */
  readonly says: readonly RegExp[]
  /** Each must be in the corrected document; empty: none is expected. */
  readonly corrected: readonly RegExp[]
  /** Default: "broken.yaml". */
  readonly file?: string
}

const head = (kind: string) => `apiVersion: networking.istio.io/v1\nkind: ${kind}\nmetadata: {name: a, namespace: shop}\n`
const virtualService = (spec: string) => `${head('VirtualService')}spec:\n  hosts: [a]\n${spec}`
const rule = (fields: string) => virtualService(`  http:\n  - route:\n    - destination: {host: a}\n${fields}`)
const destinationRule = (fields: string) => `${head('DestinationRule')}spec:\n  host: a\n${fields}`

export const CORPUS: readonly BrokenDocument[] = [
  {
    name: 'the document of a well-known tutorial',
    text: `apiVersion: networking.istio.io/v1alpha3
destination:
  host: example.com
http:
  route:
  - destination:
      host: backend1.example.com
      host: backend2.example.com
`,
    says: [
      /"kind" is missing.*VirtualService/,
      /"metadata" is missing/,
      /"spec" is missing/,
      /unknown field "destination"/,
      /http: expected a list, got a map/,
      /"host" is there twice/,
      /2 backends without weights/,
    ],
    corrected: [/hosts:\n\s+- example\.com/, /backend1\.example\.com\n\s+weight: 50/, /backend2\.example\.com\n\s+weight: 50/],
  },
  {
    name: 'no kind',
    text: `${head('X').replace('kind: X\n', '')}spec: {host: a, subsets: []}\n`,
    says: [/by its fields it is a DestinationRule/],
    corrected: [/kind: DestinationRule/],
  },
  {
    name: 'no metadata',
    text: 'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nspec: {host: reviews}\n',
    says: [/"name" is missing/],
    corrected: [/name: reviews/],
  },
  {
    name: 'no name',
    text: 'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {namespace: shop}\nspec: {host: reviews}\n',
    says: [/"name" is missing/],
    corrected: [/name: reviews/, /namespace: shop/],
  },
  {
    name: 'no spec',
    text: `${head('DestinationRule')}host: a\n`,
    says: [/"spec" is missing/, /"host" stands beside spec/],
    corrected: [/spec:\n {2}host: a/],
  },
  {
    name: 'a field beside spec',
    text: `${destinationRule('')}subsets: [{name: v1}]\n`,
    says: [/"subsets": it belongs under spec/],
    corrected: [/spec:\n {2}host: a\n {2}subsets:/],
  },
  {
    name: 'another group for a kind',
    text: 'apiVersion: networking.k8s.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec: {hosts: [a], http: [{route: [{destination: {host: a}}]}]}\n',
    says: [/expected apiVersion "networking\.istio\.io\/v1"/],
    corrected: [/apiVersion: networking\.istio\.io\/v1/],
  },
  {
    name: 'a version that does not exist',
    text: destinationRule('').replace('io/v1', 'io/v2'),
    says: [/there is no DestinationRule in "networking\.istio\.io\/v2"/],
    corrected: [/networking\.istio\.io\/v1\n/],
  },
  {
    name: 'a kind with a slip',
    text: destinationRule('').replace('DestinationRule', 'DestinationRules'),
    says: [/did you mean "DestinationRule"/],
    corrected: [/kind: DestinationRule\n/],
  },
  {
    name: 'a kind in lower case',
    text: destinationRule('').replace('DestinationRule', 'destinationrule'),
    says: [/did you mean "DestinationRule"/],
    corrected: [/kind: DestinationRule\n/],
  },
  { name: 'a misspelt field', text: rule('    timeuot: 5s\n'), says: [/did you mean "timeout"/], corrected: [/timeout: 5s/] },
  {
    name: 'a misspelt field deep inside',
    text: destinationRule('  trafficPolicy: {connectionPool: {http: {maxRequestPerConnection: 5}}}\n'),
    says: [/did you mean "maxRequestsPerConnection"/],
    corrected: [/maxRequestsPerConnection: 5/],
  },
  {
    name: 'a field with underscores',
    text: destinationRule('  traffic_policy: {tls: {mode: SIMPLE}}\n'),
    says: [/did you mean "trafficPolicy"/],
    corrected: [/trafficPolicy:/],
  },
  {
    name: 'a map where a list is wanted',
    text: virtualService('  http:\n    route:\n    - destination: {host: a}\n'),
    says: [/http: expected a list, got a map/],
    corrected: [/http:\n {4}- route:/],
  },
  {
    name: 'text where a list is wanted',
    text: virtualService('  http: [{route: [{destination: {host: a}}]}]\n').replace('[a]', 'a'),
    says: [/hosts: expected a list/],
    corrected: [/hosts:\n {4}- a/],
  },
  {
    name: 'names with commas',
    text: virtualService('  http: [{route: [{destination: {host: a}}]}]\n').replace('[a]', 'a, b'),
    says: [/hosts: expected a list/],
    corrected: [/- a\n {4}- b/],
  },
  {
    name: 'a list where a map is wanted',
    text: virtualService('  http:\n  - route:\n    - destination:\n      - host: a\n'),
    says: [/destination: expected a map/],
    corrected: [/destination:\n\s+host: a/],
  },
  {
    name: 'text for a number',
    text: virtualService('  http: [{route: [{destination: {host: a, port: {number: "80"}}}]}]\n'),
    says: [/number: expected a whole number/],
    corrected: [/number: 80/],
  },
  {
    name: 'a number for text',
    text: destinationRule('  subsets: [{name: v1, labels: {version: 1}}]\n'),
    says: [/expected a string.*got the number 1/],
    corrected: [/version: "1"/],
  },
  {
    name: 'true for text',
    text: destinationRule('  subsets: [{name: v1, labels: {canary: true}}]\n'),
    says: [/got the boolean true/],
    corrected: [/canary: "true"/],
  },
  {
    name: 'text for true',
    text: `${head('ServiceEntry')}spec: {hosts: [a.example], ports: [{number: 80, name: http, protocol: HTTP, targetPort: "8080"}], resolution: DNS}\n`,
    says: [/targetPort: expected a whole number/],
    corrected: [/targetPort: 8080/],
  },
  {
    name: 'text for a match',
    text: virtualService('  http:\n  - match: [{uri: /api}]\n    route: [{destination: {host: a}}]\n'),
    says: [/uri: expected/],
    corrected: [/uri:\n\s+prefix: \/api/],
  },
  {
    name: 'text for a destination',
    text: virtualService('  http: [{route: [{destination: reviews}]}]\n'),
    says: [/destination: expected a map/],
    corrected: [/destination:\n\s+host: reviews/],
  },
  {
    name: 'a number for a port',
    text: virtualService('  http: [{route: [{destination: {host: a, port: 80}}]}]\n'),
    says: [/port: expected a map/],
    corrected: [/port:\n\s+number: 80/],
  },
  {
    name: 'a length of time without a unit',
    text: rule('    timeout: "5"\n'),
    says: [/timeout.*"5"/],
    corrected: [/timeout: 5s/],
  },
  {
    name: 'a number for a length of time',
    text: rule('    timeout: 5\n'),
    says: [/timeout: expected a string/],
    corrected: [/timeout: 5s/],
  },
  {
    name: 'a length of time in words',
    text: rule('    timeout: 5 seconds\n'),
    says: [/timeout.*5 seconds/],
    corrected: [/timeout: 5s/],
  },
  { name: 'a length of time that cannot be guessed', text: rule('    timeout: soon\n'), says: [/timeout.*soon/], corrected: [] },
  {
    name: 'a word in another case',
    text: destinationRule('  trafficPolicy: {loadBalancer: {simple: round_robin}}\n'),
    says: [/simple.*round_robin/],
    corrected: [/simple: ROUND_ROBIN/],
  },
  {
    name: 'a word with a slip',
    text: destinationRule('  trafficPolicy: {tls: {mode: MUTAUL}}\n'),
    says: [/MUTAUL/],
    corrected: [],
  },
  {
    name: 'two backends without weights',
    text: virtualService('  http:\n  - route:\n    - destination: {host: a}\n    - destination: {host: b}\n'),
    says: [/2 backends without weights/],
    corrected: [/weight: 50/],
  },
  {
    name: 'three backends without weights',
    text: virtualService('  http:\n  - route: [{destination: {host: a}}, {destination: {host: b}}, {destination: {host: c}}]\n'),
    says: [/3 backends without weights/],
    corrected: [/weight: 34/, /weight: 33/],
  },
  {
    name: 'a key twice',
    text: `${destinationRule('')}  host: b\n`,
    says: [/spec: the key "host" is there twice/],
    corrected: [],
  },
  {
    name: 'a key twice with one value',
    text: `${destinationRule('')}  host: a\n`,
    says: [/spec: the key "host" is there twice/],
    corrected: [/host: a/],
  },
  {
    name: 'two documents without a line between them',
    text: destinationRule('') + destinationRule(''),
    says: [/the key "apiVersion" is there twice/],
    corrected: [],
  },
  {
    name: 'a regular expression with an open group',
    text: rule('').replace('- route', '- match: [{uri: {regex: "/a(b"}}]\n    route'),
    says: [/at character 3/],
    corrected: [],
  },
  {
    name: 'a regular expression with look-ahead',
    text: rule('').replace('- route', '- match: [{uri: {regex: "/a(?=b)"}}]\n    route'),
    says: [/at character 3/, /look-around/],
    corrected: [],
  },
  {
    name: 'tabs',
    text: `${head('DestinationRule')}spec:\n\thost: a # the host\n`,
    says: [/tab/],
    corrected: [/ {2}host: a # the host/],
  },
  {
    name: 'a Helm template',
    text: `${head('DestinationRule')}spec:\n  host: {{ .Values.host }}\n`,
    says: [/template/],
    corrected: [],
  },
  {
    name: 'a Helm template with blocks',
    text: `{{- if .Values.on }}\n${destinationRule('')}{{- end }}\n`,
    says: [/template/],
    corrected: [],
  },
  { name: 'a Jinja template', text: `{% if on %}\n${destinationRule('')}{% endif %}\n`, says: [/template/], corrected: [] },
  {
    name: 'JSON with a comma too many',
    file: 'broken.json',
    text: '{"apiVersion":"networking.istio.io/v1","kind":"DestinationRule","metadata":{"name":"a"},"spec":{"host":"a",}}',
    says: [/not JSON/],
    corrected: [/"host":"a"\}/],
  },
  {
    name: 'JSON with a comment',
    file: 'broken.json',
    text: '{\n  // the rule\n  "apiVersion":"networking.istio.io/v1","kind":"DestinationRule","metadata":{"name":"a"},"spec":{"host":"a"}}',
    says: [/not JSON/],
    corrected: [/"host":"a"/],
  },
  {
    name: 'JSON with a misspelt field',
    file: 'broken.json',
    text: '{"apiVersion":"networking.istio.io/v1","kind":"DestinationRule","metadata":{"name":"a"},"spec":{"hots":"a"}}',
    says: [/did you mean "host"/],
    corrected: [/"host": "a"/],
  },
  {
    name: 'JSON that ends early',
    file: 'broken.json',
    text: '{"apiVersion":"networking.istio.io/v1","kind":"Desti',
    says: [/not JSON/],
    corrected: [],
  },
  {
    name: 'CRLF and a byte order mark',
    text: `\uFEFF${rule('    timeuot: 5s\n').replaceAll('\n', '\r\n')}`,
    says: [/did you mean "timeout"/],
    corrected: [/timeout: 5s/],
  },
  {
    name: 'an item of a List',
    text: `apiVersion: v1\nkind: List\nitems:\n- apiVersion: networking.istio.io/v1\n  kind: DestinationRule\n  metadata: {name: a}\n  spec: {hots: a}\n`,
    says: [/did you mean "host"/],
    corrected: [/host: a/],
  },
  {
    name: 'a wildcard without quotes',
    text: `${head('Gateway')}spec:\n  selector: {istio: ingressgateway}\n  servers:\n  - port: {number: 80, name: http, protocol: HTTP}\n    hosts:\n    - *.example.com\n`,
    says: [/\*\.example\.com/],
    corrected: [/- "\*\.example\.com"/],
  },
  { name: 'no space after a colon', text: `${head('DestinationRule')}spec:\n  host:a\n`, says: [/.+/], corrected: [/host: a/] },
  {
    name: 'a Windows path in double quotes',
    text: destinationRule('  trafficPolicy:\n    tls:\n      mode: SIMPLE\n      caCertificates: "C:\\certs\\ca.pem"\n'),
    says: [/.+/],
    corrected: [/'C:\\certs\\ca\.pem'/],
  },
  { name: 'quotes of a word processor', text: rule('    timeout: “5s”\n'), says: [/timeout/], corrected: [/timeout: 5s/] },
  { name: 'text that is no object', text: 'hello world\n', says: [/expected an object/], corrected: [] },
  { name: 'a list at the top', text: '- a\n- b\n', says: [/expected an object/], corrected: [] },
  {
    name: 'a name that Kubernetes does not take',
    text: destinationRule('').replace('name: a', 'name: A_b'),
    says: [/metadata\.name/],
    corrected: [],
  },
  {
    name: 'a Secret',
    text: 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: [hunter2]\n',
    says: [/stringData/],
    corrected: [],
  },
]
