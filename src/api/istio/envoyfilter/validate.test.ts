import { type Row, testValidation } from '../../verdict.testing.ts'

const always = 'warning spec'
const P = 'spec.configPatches[0]'
const patch = (text: string) => `{configPatches: [{${text}}]}`
const add = 'patch: {operation: ADD, value: {name: a}}'
const listener = (applyTo: string, chain: string) =>
  patch(`applyTo: ${applyTo}, match: {listener: {filterChain: ${chain}}}, patch: {operation: REMOVE}`)
const manager = 'envoy.filters.network.http_connection_manager'

const rows: Row[] = [
  ['nothing', '{}', [always]],
  ['a cluster that is added', patch(`applyTo: CLUSTER, ${add}`), [always]],
  ['no kind of object', patch(add), [always, `error ${P}`]],
  ['no patch', patch('applyTo: CLUSTER'), [always, `error ${P}`]],
  ['no operation', patch('applyTo: CLUSTER, patch: {value: {}}'), [always, `error ${P}.patch`]],
  ['no value', patch('applyTo: CLUSTER, patch: {operation: MERGE}'), [always, `error ${P}.patch`]],
  ['a removal without value', patch('applyTo: CLUSTER, patch: {operation: REMOVE}'), [always]],
  [
    'a version that is no regular expression',
    patch(`applyTo: CLUSTER, match: {proxy: {proxyVersion: "%#@~++==("}}, ${add}`),
    [always, `error ${P}.match.proxy.proxyVersion`],
  ],
  ['a match of something else', patch(`applyTo: CLUSTER, match: {listener: {}}, ${add}`), [always, `error ${P}.match.listener`]],
  ['two matches', patch(`applyTo: CLUSTER, match: {listener: {}, cluster: {}}, ${add}`), [`error ${P}.match`]],
  ['a filter without name', listener('NETWORK_FILTER', '{filter: {}}'), [always, `error ${P}.match.listener.filterChain.filter`]],
  [
    'a filter inside a connection filter for another kind',
    listener('NETWORK_FILTER', `{filter: {name: ${manager}, subFilter: {name: a}}}`),
    [always, `error ${P}.match.listener.filterChain.filter.subFilter`],
  ],
  [
    'a filter inside a filter that has none',
    listener('HTTP_FILTER', '{filter: {name: other, subFilter: {name: a}}}'),
    [always, `error ${P}.match.listener.filterChain.filter.subFilter`],
  ],
  [
    'an old name',
    listener('NETWORK_FILTER', '{filter: {name: envoy.tcp_proxy}}'),
    [always, `warning ${P}.match.listener.filterChain.filter.name`],
  ],
  [
    'a name that is no text',
    patch('applyTo: CLUSTER, patch: {operation: ADD, value: {name: false}}'),
    [always, `error ${P}.patch.value.name`],
  ],
  [
    'a type of the second API',
    patch(
      `applyTo: NETWORK_FILTER, patch: {operation: ADD, value: {name: a, typed_config: {'@type': type.googleapis.com/envoy.config.filter.network.tcp_proxy.v2.TcpProxy}}}`,
    ),
    [always, `error ${P}.patch.value.typed_config["@type"]`],
  ],
  ['a duration as Go writes it', patch('applyTo: CLUSTER, patch: {operation: MERGE, value: {connect_timeout: 500ms}}'), [always]],
  [
    'a value that is no such message',
    patch('applyTo: CLUSTER, patch: {operation: MERGE, value: {lb_policy: BEST}}'),
    [always, `error ${P}.patch.value.lb_policy`],
  ],
  [
    'a field that Envoy does not have',
    patch('applyTo: BOOTSTRAP, patch: {operation: MERGE, value: {stats_flush_intervall: 5s}}'),
    [always, `warning ${P}.patch.value.stats_flush_intervall`],
  ],
  [
    'a bootstrap that is removed',
    patch('applyTo: BOOTSTRAP, patch: {operation: REMOVE}'),
    [always, `error ${P}.patch.operation`],
  ],
  ['a waypoint elsewhere', patch(`applyTo: CLUSTER, match: {waypoint: {}}, ${add}`), [always, `error ${P}.match`]],
  [
    'workloads and targets',
    '{workloadSelector: {labels: {a: b}}, targetRefs: [{kind: Service, name: a}]}',
    [always, 'error spec'],
  ],
]

testValidation('EnvoyFilter', rows)
