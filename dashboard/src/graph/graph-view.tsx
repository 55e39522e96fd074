/** The mesh as a graph, live. */
import { useEffect, useMemo, useRef, useState } from 'react'
import type { Topology } from '../../../src/run/dashboard/view/topology.ts'
import { useQuery } from '../api/use-query.ts'
import { useAbout } from '../shell/about.ts'
import { replaceQuery, useLocation } from '../shell/location.ts'
import { Icon } from '../ui/icons.tsx'
import { SearchField } from '../ui/search-field.tsx'
import { Segments } from '../ui/segments.tsx'
import { Empty, Failure, Loading } from '../ui/states.tsx'
import { filtered } from './filter.ts'
import { GraphPanel } from './graph-panel.tsx'
import { GraphPicture } from './graph-picture.tsx'
import { layoutOf } from './layout.ts'
import { usePanZoom } from './pan-zoom.ts'

const WINDOWS = [
  { value: '60', title: '1 min' },
  { value: '300', title: '5 min' },
  { value: '900', title: '15 min' },
] as const

export function GraphView() {
  const { query } = useLocation()
  const seconds = query.get('seconds') ?? '60'
  const { data, error } = useQuery<Topology>(`/api/topology?seconds=${seconds}`, 2500)
  const selected = query.get('select') ?? ''
  const [text, setText] = useState('')
  const namespace = query.get('namespace') ?? ''
  const onlyFailing = query.get('failing') === '1'
  const hideIdle = query.get('idle') === '0'
  const grouped = query.get('group') !== '0'
  const about = useAbout()
  const graph = useMemo(
    () => (data ? filtered(data, { text, namespace, onlyFailing, hideIdle }) : undefined),
    [data, text, namespace, onlyFailing, hideIdle],
  )
  // Numbers change all the time; the picture keeps its form as long as who calls whom does not.
  const form = graph
    ? JSON.stringify([graph.nodes.map(node => [node.id, node.namespace]), graph.edges.map(({ id }) => id).sort(), grouped])
    : ''
  // biome-ignore lint/correctness/useExhaustiveDependencies: the form says all that matters of the graph
  const layout = useMemo(
    () =>
      layoutOf(
        graph?.nodes.map(({ id, namespace: group }) => ({ id, group })) ?? [],
        graph?.edges ?? [],
        grouped && namespacesOf(graph) > 1,
      ),
    [form],
  )
  const frame = useRef<HTMLElement>(null)
  const picture = useRef<HTMLDivElement>(null)
  const { fit, zoom } = usePanZoom(frame, picture, layout)
  const select = useRef((id: string) => replaceQuery({ select: id })).current
  useEffect(() => {
    // The keyboard reaches edges through the panels of their nodes.
    const click = (event: MouseEvent) => {
      const edge = event.target instanceof Element ? event.target.closest('[data-edge]') : null
      if (edge) select(edge.getAttribute('data-edge') ?? '')
    }
    const element = frame.current
    element?.addEventListener('click', click)
    return () => element?.removeEventListener('click', click)
  }, [select])
  return (
    <div className="graph-view">
      <div className="head">
        <h1>Graph</h1>
        <SearchField label="Find services" placeholder="Find a service" value={text} onChange={setText} />
        <select
          className="field"
          aria-label="Namespace"
          value={namespace}
          onChange={event => replaceQuery({ namespace: event.target.value })}
        >
          <option value="">All namespaces</option>
          {about?.namespaces.map(name => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <span className="spring" />
        <Toggle label="Only failing" on={onlyFailing} onChange={on => replaceQuery({ failing: on ? '1' : undefined })} />
        <Toggle label="Idle" on={!hideIdle} onChange={on => replaceQuery({ idle: on ? undefined : '0' })} />
        <Toggle label="By namespace" on={grouped} onChange={on => replaceQuery({ group: on ? undefined : '0' })} />
        <Segments
          label="Time"
          options={WINDOWS}
          value={seconds}
          onChange={value => replaceQuery({ seconds: value === '60' ? undefined : value })}
        />
      </div>
      {error !== undefined && !data && (
        <div className="body">
          <Failure message={error} />
        </div>
      )}
      <div className={`graph-area${selected === '' ? '' : ' with-panel'}`}>
        <section
          ref={frame}
          className="graph-frame"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move the picture
          tabIndex={0}
          aria-label="Graph. Arrow keys move it, plus and minus scale it, 0 shows all"
        >
          <div ref={picture} className="graph-move">
            {graph && <GraphPicture graph={graph} layout={layout} selected={selected} onSelect={select} />}
          </div>
          {!graph && error === undefined && <Loading />}
          {graph && graph.nodes.length === 0 && <Empty title="Nothing to show">No service fits the filter.</Empty>}
          <div className="graph-tools" data-keep>
            <button type="button" className="button icon-only" aria-label="Larger" onClick={() => zoom(1.25)}>
              <Icon name="plus" />
            </button>
            <button type="button" className="button icon-only" aria-label="Smaller" onClick={() => zoom(0.8)}>
              <Icon name="minus" />
            </button>
            <button type="button" className="button icon-only" aria-label="Show all" onClick={fit}>
              <Icon name="fit" />
            </button>
          </div>
          <Legend seconds={graph?.seconds ?? 0} />
        </section>
        {graph && selected !== '' && <GraphPanel graph={data ?? graph} selected={selected} onSelect={select} />}
      </div>
    </div>
  )
}

function namespacesOf(graph: Topology | undefined): number {
  return new Set(graph?.nodes.map(({ namespace }) => namespace)).size
}

function Toggle({
  label,
  on,
  onChange,
}: {
  readonly label: string
  readonly on: boolean
  readonly onChange: (on: boolean) => void
}) {
  return (
    <label className="toggle">
      <input type="checkbox" checked={on} onChange={event => onChange(event.target.checked)} />
      {label}
    </label>
  )
}

function Legend({ seconds }: { readonly seconds: number }) {
  return (
    <ul className="legend" data-keep>
      <li>
        <span className="dot good" /> well
      </li>
      <li>
        <span className="dot warn" /> some fail
      </li>
      <li>
        <span className="dot bad" /> many fail
      </li>
      <li>
        <Icon name="lock" /> mutual TLS
      </li>
      <li className="quiet">{seconds > 0 ? `last ${Math.round(seconds)} s` : 'first numbers in a moment'}</li>
    </ul>
  )
}
