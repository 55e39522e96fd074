/** A small chart over time: one or two lines, the newest at the right. The values under the pointer are told in its head. */
import { useId, useState } from 'react'
import { clockTime } from './format.ts'

export interface Line {
  readonly name: string
  readonly tone: 'accent' | 'bad' | 'quiet'
  readonly values: readonly (number | null)[]
}

interface Props {
  readonly title: string
  readonly times: readonly number[]
  readonly lines: readonly Line[]
  readonly format: (value: number) => string
  /** The scale ends there at least. */
  readonly least?: number
}

const WIDTH = 320
const HEIGHT = 84

export function Chart({ title, times, lines, format, least = 0 }: Props) {
  const [at, setAt] = useState<number | undefined>()
  const fill = useId()
  const values = lines.flatMap(line => line.values).filter(value => value !== null)
  const top = niceTop(Math.max(least, ...values))
  const index = at ?? times.length - 1
  const x = (i: number) => (times.length < 2 ? WIDTH : (i / (times.length - 1)) * WIDTH)
  const y = (value: number) => HEIGHT - (top === 0 ? 0 : (value / top) * (HEIGHT - 6))
  return (
    <figure className="chart">
      <figcaption>
        <h3>{title}</h3>
        <span className="chart-now">
          {lines.map(line => {
            const value = line.values[index]
            return (
              <span key={line.name} className={`tone-${line.tone}`}>
                {lines.length > 1 && <i>{line.name}</i>} {value === null || value === undefined ? '–' : format(value)}
              </span>
            )
          })}
        </span>
      </figcaption>
      <div className="chart-frame">
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${title}: now ${lines.map(line => `${line.name} ${format(line.values.at(-1) ?? 0)}`).join(', ')}`}
          onPointerMove={event => {
            const box = event.currentTarget.getBoundingClientRect()
            setAt(Math.round(((event.clientX - box.left) / box.width) * (times.length - 1)))
          }}
          onPointerLeave={() => setAt(undefined)}
        >
          <defs>
            <linearGradient id={fill} x1="0" x2="0" y1="0" y2="1">
              <stop offset="0" className="chart-fill-top" />
              <stop offset="1" className="chart-fill-end" />
            </linearGradient>
          </defs>
          <path className="chart-grid" d={`M0 ${y(top / 2)}H${WIDTH}`} vectorEffect="non-scaling-stroke" />
          {lines[0]?.tone === 'accent' && times.length > 1 && (
            <path d={`${pathOf(lines[0].values, x, y)}V${HEIGHT}H0Z`} fill={`url(#${fill})`} />
          )}
          {lines.map(line => (
            <path
              key={line.name}
              className={`chart-line tone-${line.tone}`}
              d={pathOf(line.values, x, y)}
              vectorEffect="non-scaling-stroke"
            />
          ))}
          {at !== undefined && <path className="chart-cursor" d={`M${x(at)} 0V${HEIGHT}`} vectorEffect="non-scaling-stroke" />}
        </svg>
        <span className="chart-top">{format(top)}</span>
      </div>
      <div className="chart-times">
        <span>{times[0] === undefined ? '' : clockTime(times[0])}</span>
        <span>{times[index] === undefined ? '' : clockTime(times[index])}</span>
      </div>
    </figure>
  )
}

/** Gaps are left out. */
function pathOf(values: readonly (number | null)[], x: (i: number) => number, y: (value: number) => number): string {
  let path = ''
  for (const [i, value] of values.entries())
    if (value !== null) path += `${path === '' ? 'M' : 'L'}${x(i).toFixed(1)} ${y(value).toFixed(1)}`
  return path === '' ? `M0 ${HEIGHT}` : path
}

/** 1, 2 or 5 times a power of ten, so that scales do not change with every value. */
function niceTop(value: number): number {
  if (!(value > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 5, 10].map(factor => factor * power).find(top => top >= value * 0.999) ?? value
}
