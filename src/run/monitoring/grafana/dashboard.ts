/** Dashboards as mizzen writes them down, and as Grafana reads them. Pure. */

/** Grafana's names of units. */
export type Unit = 'reqps' | 'percentunit' | 'ms' | 's' | 'Bps' | 'bytes' | 'short' | 'cps' | 'cores'

export interface Query {
  /** PromQL. `$__rate_interval` and the dashboard's variables stand in it as they are. */
  readonly expr: string
  readonly legend: string
}

export interface Panel {
  readonly title: string
  readonly description?: string
  /** Lines over time, one number, or a table with a row a series. */
  readonly kind: 'lines' | 'number' | 'table'
  readonly unit: Unit
  readonly queries: readonly Query[]
  /** Why it is right that it shows nothing in a mesh that is well. */
  readonly emptyWhenHealthy?: string
  /** Of 24 columns. @default 8 */
  readonly width?: number
}

export interface Variable {
  readonly name: string
  readonly label: string
  /** Values of this label... */
  readonly of: string
  /** ...of these series. */
  readonly series: string
}

export interface Dashboard {
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly variables: readonly Variable[]
  readonly rows: readonly { readonly title: string; readonly panels: readonly Panel[] }[]
}

const COLUMNS = 24
const HEIGHTS = { lines: 8, number: 4, table: 8 } as const
// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own variable
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' }
const TYPES = { lines: 'timeseries', number: 'stat', table: 'table' } as const

/** @returns what Grafana imports, as it exports it */
export function grafanaJson({ uid, title, description, variables, rows }: Dashboard): unknown {
  return {
    uid,
    title,
    description,
    tags: ['mizzen', 'istio'],
    timezone: 'browser',
    schemaVersion: 39,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: '15s',
    time: { from: 'now-30m', to: 'now' },
    links: [{ type: 'dashboards', tags: ['mizzen'], title: 'mizzen', asDropdown: true, includeVars: true, keepTime: true }],
    templating: {
      list: [
        { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus', current: {}, hide: 0 },
        ...variables.map(variableJson),
      ],
    },
    panels: placed(rows),
  }
}

function variableJson({ name, label, of, series }: Variable) {
  return {
    name,
    label,
    type: 'query',
    datasource: DATASOURCE,
    query: { query: `label_values(${series}, ${of})`, refId: name },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
  }
}

/** From left to right, and a new line where one is full. */
function placed(rows: Dashboard['rows']): unknown[] {
  let id = 0
  let y = 0
  const panels: unknown[] = []
  for (const row of rows) {
    panels.push({
      id: ++id,
      type: 'row',
      title: row.title,
      collapsed: false,
      gridPos: { x: 0, y: y++, w: COLUMNS, h: 1 },
      panels: [],
    })
    let x = 0
    let height = 0
    for (const panel of row.panels) {
      const { width = 8, kind } = panel
      if (x + width > COLUMNS) {
        y += height
        x = 0
        height = 0
      }
      panels.push(panelJson(panel, ++id, { x, y, w: width, h: HEIGHTS[kind] }))
      x += width
      height = Math.max(height, HEIGHTS[kind])
    }
    y += height
  }
  return panels
}

function panelJson({ title, description = '', kind, unit, queries, emptyWhenHealthy }: Panel, id: number, gridPos: object) {
  return {
    id,
    type: TYPES[kind],
    title,
    description: [description, emptyWhenHealthy ?? ''].filter(Boolean).join(' '),
    datasource: DATASOURCE,
    gridPos,
    targets: queries.map(({ expr, legend }, i) => ({
      refId: String.fromCharCode(65 + i),
      datasource: DATASOURCE,
      expr,
      legendFormat: legend,
      ...(kind === 'lines' ? { range: true } : { instant: true, range: false }),
      ...(kind === 'table' && { format: 'table' }),
    })),
    fieldConfig: {
      defaults: {
        unit: unit === 'cores' ? 'short' : unit,
        ...(emptyWhenHealthy !== undefined && { noValue: kind === 'number' ? '0' : 'none, as it should be' }),
        ...(kind === 'lines' && { custom: { lineWidth: 1, fillOpacity: 8, showPoints: 'never', spanNulls: false } }),
        min: 0,
      },
      overrides: [],
    },
    options:
      kind === 'lines'
        ? {
            legend: { displayMode: 'table', placement: 'bottom', calcs: ['lastNotNull', 'max'] },
            tooltip: { mode: 'multi', sort: 'desc' },
          }
        : kind === 'number'
          ? { colorMode: 'value', graphMode: 'area', reduceOptions: { calcs: ['lastNotNull'] } }
          : { showHeader: true },
    ...(kind === 'table' && { transformations: [{ id: 'organize', options: { excludeByName: { Time: true } } }] }),
  }
}
