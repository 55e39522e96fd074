/** The page's pictograms: 16 by 16, lines only, all drawn with the text's colour. */
const PATHS = {
  graph:
    'M3.5 5.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm9 4.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm-9 4.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM5.4 4.3l5.3 2.8M5.4 11.7l5.3-2.8',
  services: 'M2 3.5h12v3.6H2zM2 9h12v3.6H2zM4.5 5.3h.01M4.5 10.8h.01',
  requests: 'M2 4h9m0 0L8.5 1.5M11 4 8.5 6.5M14 12H5m0 0 2.5-2.5M5 12l2.5 2.5',
  config: 'M4 1.5h5.2L13 5.3v9.2H4zM9 1.5v4h4M6.3 8.6h4.4M6.3 11.2h4.4',
  simulate: 'M8 1.5 13.5 4v4c0 3.2-2.2 5.6-5.5 6.5C4.7 13.6 2.5 11.2 2.5 8V4zM5.8 8l1.6 1.6 3-3.2',
  alerts: 'M8 2a4 4 0 0 0-4 4c0 4-1.5 5-1.5 5h11S12 10 12 6a4 4 0 0 0-4-4ZM6.7 13.5a1.5 1.5 0 0 0 2.6 0',
  proxies: 'M2 8h3m6 0h3M5 4.5h6v7H5zM8 4.5v-3m0 13v-3',
  lock: 'M4.5 7.2h7v6h-7zM5.8 7.2V5.2a2.2 2.2 0 0 1 4.4 0v2',
  unlock: 'M4.5 7.2h7v6h-7zM5.8 7.2V4.7a2.2 2.2 0 0 1 4.2-.9',
  warning: 'M8 2.2 14.3 13H1.7zM8 6.3v3.2M8 11.3h.01',
  error: 'M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4ZM8 4.8v4M8 11.1h.01',
  check: 'M3 8.4 6.5 12 13 4.5',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3l7.5 5L5 13z',
  close: 'm4 4 8 8M12 4l-8 8',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  fit: 'M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10',
  theme: 'M8 2v12a6 6 0 0 0 0-12ZM8 14A6 6 0 1 1 8 2',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.7 10.7 14 14',
  arrow: 'M3 8h10m0 0L9 4m4 4-4 4',
} as const

export type IconName = keyof typeof PATHS

/** Decoration: what it means stands in words beside it, or in the label of its button. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  )
}
