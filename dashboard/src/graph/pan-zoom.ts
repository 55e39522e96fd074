/**
 * Moving and scaling a drawing by mouse, touch and keyboard. Works on the element's transform alone, outside of React: the browser then moves a
 * finished picture and draws nothing anew, however much is in it.
 */
import { type RefObject, useCallback, useEffect, useRef } from 'react'

export interface View {
  x: number
  y: number
  scale: number
}

export interface PanZoom {
  /** Shows all of it. */
  readonly fit: () => void
  readonly zoom: (factor: number) => void
}

const LEAST = 0.12
const MOST = 2
/** Larger than life only where somebody asks for it. */
const FIT_MOST = 1
const NARROW = 600
const READABLE = 0.6
/** Names are readable from there on: of a large mesh it is better to see a part. */
const SHAPES = 0.34
const KEYS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [60, 0],
  ArrowRight: [-60, 0],
  ArrowUp: [0, 60],
  ArrowDown: [0, -60],
}

export function usePanZoom(
  frame: RefObject<HTMLElement | null>,
  picture: RefObject<HTMLElement | null>,
  size: { readonly width: number; readonly height: number },
): PanZoom {
  const view = useRef<View>({ x: 0, y: 0, scale: 1 })
  const touched = useRef(false)

  const show = useCallback(() => {
    const { x, y, scale } = view.current
    if (!picture.current || !frame.current) return
    picture.current.style.transform = `translate(${x}px, ${y}px) scale(${scale})`
    frame.current.dataset['detail'] = scale > 0.48 ? 'full' : scale > 0.3 ? 'names' : 'shapes'
  }, [frame, picture])

  const place = useCallback(
    (least: number) => {
      if (!frame.current || size.width === 0) return
      const { clientWidth, clientHeight } = frame.current
      const scale = Math.min(FIT_MOST, Math.max(least, Math.min(clientWidth / size.width, clientHeight / size.height)))
      const middle = (room: number, length: number) => Math.max(0, (room - length * scale) / 2)
      view.current = { scale, x: middle(clientWidth, size.width), y: middle(clientHeight, size.height) }
      show()
    },
    [frame, show, size.width, size.height],
  )
  const fit = useCallback(() => place(LEAST), [place])
  // All of it may be too small to read: then it begins with a part.
  const begin = useCallback(() => place((frame.current?.clientWidth ?? 0) < NARROW ? READABLE : SHAPES), [frame, place])

  const zoomAt = useCallback(
    (factor: number, px: number, py: number) => {
      const { x, y, scale } = view.current
      const next = Math.min(MOST, Math.max(LEAST, scale * factor))
      view.current = { scale: next, x: px - ((px - x) * next) / scale, y: py - ((py - y) * next) / scale }
      touched.current = true
      show()
    },
    [show],
  )

  const zoom = useCallback(
    (factor: number) => {
      if (frame.current) zoomAt(factor, frame.current.clientWidth / 2, frame.current.clientHeight / 2)
    },
    [frame, zoomAt],
  )

  // Another picture is shown whole, unless somebody is looking at a part of it.
  useEffect(() => {
    if (touched.current) show()
    else begin()
  }, [begin, show])

  useEffect(() => {
    const element = frame.current
    if (!element) return
    const pointers = new Map<number, { x: number; y: number }>()
    const down = (event: PointerEvent) => {
      if (event.button !== 0 || (event.target instanceof Element && event.target.closest('[data-keep]'))) return
      pointers.set(event.pointerId, { x: event.clientX, y: event.clientY })
    }
    const move = (event: PointerEvent) => {
      const before = pointers.get(event.pointerId)
      if (!before) return
      const now = { x: event.clientX, y: event.clientY }
      const [other] = [...pointers].flatMap(([id, at]) => (id === event.pointerId ? [] : [at]))
      if (other) {
        const bounds = element.getBoundingClientRect()
        const spread = (at: { x: number; y: number }) => Math.hypot(at.x - other.x, at.y - other.y)
        zoomAt(spread(now) / Math.max(1, spread(before)), (now.x + other.x) / 2 - bounds.left, (now.y + other.y) / 2 - bounds.top)
      } else {
        if (Math.hypot(now.x - before.x, now.y - before.y) < 3 && !element.hasPointerCapture(event.pointerId)) return
        // From here on it is a drag and no click.
        element.setPointerCapture(event.pointerId)
        view.current = { ...view.current, x: view.current.x + now.x - before.x, y: view.current.y + now.y - before.y }
        touched.current = true
        show()
      }
      pointers.set(event.pointerId, now)
    }
    const up = (event: PointerEvent) => pointers.delete(event.pointerId)
    const wheel = (event: WheelEvent) => {
      event.preventDefault()
      const bounds = element.getBoundingClientRect()
      zoomAt(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), event.clientX - bounds.left, event.clientY - bounds.top)
    }
    const key = (event: KeyboardEvent) => {
      const step = KEYS[event.key]
      if (event.target !== element) return
      if (step) {
        event.preventDefault()
        view.current = { ...view.current, x: view.current.x + step[0], y: view.current.y + step[1] }
        touched.current = true
        show()
      } else if (event.key === '+' || event.key === '=') zoom(1.25)
      else if (event.key === '-') zoom(0.8)
      else if (event.key === '0') fit()
    }
    const resize = new ResizeObserver(() => {
      if (!touched.current) begin()
    })
    resize.observe(element)
    element.addEventListener('pointerdown', down)
    element.addEventListener('pointermove', move)
    element.addEventListener('pointerup', up)
    element.addEventListener('pointercancel', up)
    element.addEventListener('wheel', wheel, { passive: false })
    element.addEventListener('keydown', key)
    return () => {
      resize.disconnect()
      element.removeEventListener('pointerdown', down)
      element.removeEventListener('pointermove', move)
      element.removeEventListener('pointerup', up)
      element.removeEventListener('pointercancel', up)
      element.removeEventListener('wheel', wheel)
      element.removeEventListener('keydown', key)
    }
  }, [begin, fit, frame, show, zoom, zoomAt])

  return { fit, zoom }
}
