import { type Row, testValidation } from '../../verdict.testing.ts'

const to = 'route: [{destination: {host: cart}}]'
/** A VirtualService of one rule. */
const rule = (text: string) => `{hosts: [cart], http: [{${text}}]}`
const withRoute = (text: string) => rule(`${to}, ${text}`)
const match = (text: string) => rule(`${to}, match: [{${text}}]`)

const hosts: Row[] = [
  ['a short name, a full name and a wildcard', `{hosts: [cart, pay.example.com, '*.example.org'], http: [{${to}}]}`, []],
  ['an IP address as host', `{hosts: [10.0.0.1], http: [{${to}}]}`, []],
  ['a host that is no name', `{hosts: [ca!rt], http: [{${to}}]}`, ['error spec.hosts[0]']],
  ['hosts that overlap', `{hosts: ['*.example.com', pay.example.com], http: [{${to}}]}`, ['error spec.hosts[1]']],
  ['all hosts on the mesh', `{hosts: ['*'], http: [{${to}}]}`, ['error spec.hosts[0]']],
  ['all hosts on a gateway', `{hosts: ['*'], gateways: [front], http: [{${to}}]}`, []],
  ['all hosts on a gateway and the mesh', `{hosts: ['*'], gateways: [front, mesh], http: [{${to}}]}`, ['error spec.hosts[0]']],
  ['no rules', `{hosts: [cart]}`, ['error spec']],
  [
    'a gateway in its old form',
    `{hosts: [cart], gateways: [front.shop.svc.cluster.local], http: [{${to}}]}`,
    ['warning spec.gateways[0]'],
  ],
  ['a gateway without namespace', `{hosts: [cart], gateways: [/front], http: [{${to}}]}`, ['error spec.gateways[0]']],
  ['a delegate', `{http: [{${to}}]}`, []],
  ['a delegate on a gateway', `{gateways: [front], http: [{${to}}]}`, ['error spec.gateways']],
  ['a delegate of a delegate', `{http: [{delegate: {name: a}}]}`, ['error spec.http[0].delegate']],
  ['exportTo with one namespace twice', `{hosts: [cart], exportTo: [., shop], http: [{${to}}]}`, ['error spec.exportTo[1]']],
  ['exportTo all and some', `{hosts: [cart], exportTo: ['*', shop], http: [{${to}}]}`, ['error spec.exportTo']],
  ['exportTo nobody', `{hosts: [cart], exportTo: ['~'], http: [{${to}}]}`, ['error spec.exportTo[0]']],
]

const actions: Row[] = [
  ['a rule that does nothing', rule('timeout: 1s'), ['error spec.http[0]']],
  ['a rule that does two things', withRoute('redirect: {uri: /}'), ['error spec.http[0]']],
  [
    'a fault on a redirect',
    rule('redirect: {uri: /}, fault: {abort: {httpStatus: 500, percentage: {value: 1}}}'),
    ['error spec.http[0].fault'],
  ],
  ['a rewrite on a direct response', rule('directResponse: {status: 200}, rewrite: {uri: /}'), ['error spec.http[0].rewrite']],
  ['a delegate with a route', withRoute('delegate: {name: a}'), ['error spec.http[0]']],
  ['a rule whose delegate may leave the answer to it', rule('delegate: {name: a}, directResponse: {status: 404}'), []],
  ['a delegate with a redirect', rule('delegate: {name: a}, redirect: {uri: /}'), ['error spec.http[0]']],
  ['a redirect to port 0, which is none', rule('redirect: {uri: /, port: 0}'), []],
  ['a delegate without name', rule('delegate: {}'), ['error spec.http[0].delegate']],
  ['a redirect to nowhere', rule('redirect: {redirectCode: 302}'), ['error spec.http[0].redirect']],
  [
    'a redirect with a code that is none',
    rule('redirect: {uri: /, redirectCode: 200}'),
    ['error spec.http[0].redirect.redirectCode'],
  ],
  [
    'a redirect with a code nobody sends',
    rule('redirect: {uri: /, redirectCode: 304}'),
    ['warning spec.http[0].redirect.redirectCode'],
  ],
  ['a redirect to another scheme', rule('redirect: {scheme: ftp}'), ['error spec.http[0].redirect.scheme']],
  ['a redirect of a prefix', rule('match: [{uri: {prefix: /a}}], redirect: {prefixRewrite: /b}'), []],
  [
    'a redirect of a prefix that is not matched',
    rule('match: [{uri: {exact: /a}}], redirect: {prefixRewrite: /b}'),
    ['error spec.http[0].redirect.prefixRewrite'],
  ],
  ['a redirect with two ports', rule('redirect: {port: 80, derivePort: FROM_REQUEST_PORT}'), ['error spec.http[0].redirect']],
  [
    'a direct response of two bodies',
    rule('directResponse: {status: 200, body: {string: a, bytes: YQ==}}'),
    ['error spec.http[0].directResponse.body'],
  ],
  [
    'a direct response with a status that is none',
    rule('directResponse: {status: 199}'),
    ['error spec.http[0].directResponse.status'],
  ],
  ['a rewrite of nothing', withRoute('rewrite: {}'), ['error spec.http[0].rewrite']],
  ['half a regular rewrite', withRoute('rewrite: {uriRegexRewrite: {match: a}}'), ['error spec.http[0].rewrite.uriRegexRewrite']],
  [
    'a rewrite with a back-reference in the pattern',
    withRoute('rewrite: {uriRegexRewrite: {match: "(a)\\\\1", rewrite: b}}'),
    ['error spec.http[0].rewrite.uriRegexRewrite.match'],
  ],
  [
    'the authority set in two places',
    withRoute('rewrite: {authority: a}, headers: {request: {set: {Host: b}}}'),
    ['error spec.http[0]'],
  ],
]

const destinations: Row[] = [
  ['a destination for everything', rule(`route: [{destination: {host: '*'}}]`), ['error spec.http[0].route[0].destination.host']],
  ['a destination without host', rule('route: [{destination: {}}]'), ['error spec.http[0].route[0].destination']],
  [
    'a destination port of 0',
    rule('route: [{destination: {host: a, port: {number: 0}}}]'),
    ['error spec.http[0].route[0].destination.port.number'],
  ],
  [
    'a negative weight',
    rule('route: [{destination: {host: a}, weight: 1}, {destination: {host: b}, weight: -1}]'),
    ['error spec.http[0].route', 'error spec.http[0].route[1].weight'],
  ],
  ['weights of 0 only', rule('route: [{destination: {host: a}}, {destination: {host: b}}]'), ['error spec.http[0].route']],
  ['one destination without weight', rule('route: [{destination: {host: a, subset: v1}}]'), []],
  ['mirror and mirrors', withRoute('mirror: {host: a}, mirrors: [{destination: {host: b}}]'), ['error spec.http[0]']],
  [
    'a mirror percentage too fine',
    withRoute('mirror: {host: a}, mirrorPercentage: {value: 0.00001}'),
    ['error spec.http[0].mirrorPercentage.value'],
  ],
]

const matches: Row[] = [
  ['a match of port 0, which is none', match('port: 0'), []],
  [
    'every way to match',
    match(
      'uri: {prefix: ""}, scheme: {exact: https}, method: {regex: "GET|PUT"}, authority: {prefix: a}, headers: {x: {}}, port: 80',
    ),
    [],
  ],
  ['two ways at once', match('uri: {exact: /a, prefix: /b}'), ['error spec.http[0].match[0].uri']],
  ['an empty prefix of a method', match('method: {prefix: ""}'), ['error spec.http[0].match[0].method.prefix']],
  ['an expression with look-ahead', match('uri: {regex: "(?=a)"}'), ['error spec.http[0].match[0].uri.regex']],
  ['an expression without end', match(`uri: {regex: ${'a'.repeat(1025)}}`), ['error spec.http[0].match[0].uri.regex']],
  ['a header match of null', match('headers: {x: null}'), ['error spec.http[0].match[0].headers.x']],
  ['a header called __proto__', match('headers: {__proto__: {exact: a}}'), []],
  ['presence of a header by *', match('withoutHeaders: {x: {regex: "*"}}'), []],
  ['a header name that is none', match('headers: {"a b": {exact: x}}'), ['error spec.http[0].match[0].headers["a b"]']],
  ['a claim on the mesh', match('headers: {"@request.auth.claims.group": {exact: admin}}'), ['error spec.http[0].match[0]']],
  [
    'a claim on a gateway',
    `{hosts: [a], gateways: [front], http: [{${to}, match: [{headers: {"@request.auth.claims[realm][role]": {exact: x}}}]}]}`,
    [],
  ],
  ['a source label that is none', match('sourceLabels: {"a b": c}'), ['error spec.http[0].match[0].sourceLabels["a b"]']],
]

const policies: Row[] = [
  ['the old mirrorPercent', withRoute('mirror: {host: a}, mirrorPercent: 7'), ['warning spec.http[0].mirrorPercent']],
  ['a timeout of half a millisecond', withRoute('timeout: 500us'), ['error spec.http[0].timeout']],
  ['a timeout without unit', withRoute('timeout: "5"'), ['error spec.http[0].timeout']],
  [
    'retries with everything',
    withRoute('retries: {attempts: 3, perTryTimeout: 2s, retryOn: "5xx, 503,reset", backoff: 10ms}'),
    [],
  ],
  ['retries switched off', withRoute('retries: {attempts: 0}'), []],
  ['retries off and on', withRoute('retries: {attempts: 0, retryOn: 5xx}'), ['error spec.http[0].retries']],
  [
    'an unknown condition to retry on',
    withRoute('retries: {attempts: 1, retryOn: "5xx,whenever"}'),
    ['error spec.http[0].retries.retryOn'],
  ],
  ['a fault without any', withRoute('fault: {}'), ['error spec.http[0].fault']],
  [
    'an abort with two statuses',
    withRoute('fault: {abort: {httpStatus: 500, grpcStatus: UNAVAILABLE}}'),
    ['error spec.http[0].fault.abort'],
  ],
  ['a gRPC status that is none', withRoute('fault: {abort: {grpcStatus: OOPS}}'), ['error spec.http[0].fault.abort.grpcStatus']],
  [
    'an exponential delay',
    withRoute('fault: {delay: {exponentialDelay: 1s}}'),
    ['error spec.http[0].fault.delay.exponentialDelay'],
  ],
  [
    'cors with a method that is none',
    withRoute('corsPolicy: {allowMethods: [GET, FETCH]}'),
    ['error spec.http[0].corsPolicy.allowMethods[1]'],
  ],
  [
    'cors with an empty origin',
    withRoute('corsPolicy: {allowOrigins: [{exact: ""}]}'),
    ['error spec.http[0].corsPolicy.allowOrigins[0]'],
  ],
  ['cors with an age of half a second', withRoute('corsPolicy: {maxAge: 500ms}'), ['error spec.http[0].corsPolicy.maxAge']],
  ['removing the host', withRoute('headers: {request: {remove: [host]}}'), ['error spec.http[0].headers.request.remove[0]']],
  ['a pseudo header', withRoute('headers: {request: {set: {":path": /}}}'), ['error spec.http[0].headers.request.set[":path"]']],
  [
    'an unknown command in a header',
    withRoute('headers: {response: {add: {x: 50%}}}'),
    ['error spec.http[0].headers.response.add.x'],
  ],
  [
    'a header with a line break',
    withRoute('headers: {response: {add: {x: "a\\nb"}}}'),
    ['error spec.http[0].headers.response.add.x'],
  ],
]

const layer4: Row[] = [
  [
    'tls and tcp',
    `{hosts: [a.com], tls: [{match: [{sniHosts: [a.com], port: 443}], ${to}}], tcp: [{match: [{destinationSubnets: [10.0.0.0/8]}], ${to}}]}`,
    [],
  ],
  ['tls without match', `{hosts: [a.com], tls: [{${to}}]}`, ['error spec.tls[0]']],
  ['tls without server name', `{hosts: [a.com], tls: [{match: [{port: 443}], ${to}}]}`, ['error spec.tls[0].match[0]']],
  [
    'a server name that is none of the hosts',
    `{hosts: [a.com], tls: [{match: [{sniHosts: [b.com]}], ${to}}]}`,
    ['error spec.tls[0].match[0].sniHosts[0]'],
  ],
  [
    'an address as server name',
    `{hosts: [10.0.0.1], tls: [{match: [{sniHosts: [10.0.0.1]}], ${to}}]}`,
    ['warning spec.tls[0].match[0].sniHosts[0]'],
  ],
  ['tcp without route', `{hosts: [a.com], tcp: [{match: [{port: 1}]}]}`, ['error spec.tcp[0]']],
  [
    'a subnet that is none',
    `{hosts: [a.com], tcp: [{match: [{destinationSubnets: [10.0.0.0/33]}], ${to}}]}`,
    ['error spec.tcp[0].match[0].destinationSubnets[0]'],
  ],
]

const rules = (...texts: string[]) => `{hosts: [a], http: [${texts.map(text => `{${to}, match: [${text}]}`).join(', ')}]}`
const shadowed = 'warning spec.http[1].match[0]'
const reachability: Row[] = [
  [
    'a rule after one that takes all',
    `{hosts: [a], http: [{${to}}, {${to}, match: [{uri: {exact: /a}}]}]}`,
    ['warning spec.http[1]'],
  ],
  ['the same match twice', rules('{uri: {prefix: /a}}', '{uri: {prefix: /a}}'), [shadowed, 'warning spec.http[1]']],
  [
    'the same match under another name',
    rules('{name: x, uri: {exact: /a}}', '{name: y, uri: {exact: /a}}'),
    [shadowed, 'warning spec.http[1]'],
  ],
  ['a path below an earlier prefix', rules('{uri: {prefix: /a}}', '{uri: {exact: /a/b}, method: {exact: GET}}'), [shadowed]],
  ['a longer prefix first', rules('{uri: {prefix: /a/b}}', '{uri: {prefix: /a}}'), []],
  ['an earlier prefix with a condition', rules('{uri: {prefix: /a}, headers: {x: {exact: y}}}', '{uri: {prefix: /a/b}}'), []],
  [
    'an earlier prefix with a condition that is met',
    rules('{uri: {prefix: /a}, headers: {x: {exact: y}}}', '{uri: {prefix: /a/b}, headers: {x: {exact: y}, z: {}}}'),
    [shadowed],
  ],
  ['a header called name', rules('{headers: {name: {exact: a}}}', '{headers: {name: {exact: b}}}'), []],
  ['another gateway', rules('{uri: {prefix: /}, gateways: [x]}', '{uri: {prefix: /}}'), []],
  ['an expression after all paths', rules('{uri: {prefix: /}}', '{uri: {regex: a+}}'), [shadowed]],
  ['a tcp rule after one that takes all', `{hosts: [a], tcp: [{${to}}, {${to}, match: [{port: 1}]}]}`, ['warning spec.tcp[1]']],
]

testValidation('VirtualService', [...hosts, ...actions, ...destinations, ...matches, ...policies, ...layer4, ...reachability])
