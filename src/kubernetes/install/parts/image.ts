/** Which image a container of ours runs. */
import type { Settings } from '../settings.ts'

/** @param name of the image; with a "/" or ":" in it it is a whole reference */
export function imageOf({ global }: Settings, name: string): string {
  if (name.includes('/') || name.includes(':')) return name
  const hub = global.hub.replace(/\/$/, '')
  return `${hub === '' ? '' : `${hub}/`}${name}${global.tag === '' ? '' : `:${global.tag}`}`
}

export function pullPolicy({ global }: Settings): { imagePullPolicy?: string } {
  return global.imagePullPolicy === '' ? {} : { imagePullPolicy: global.imagePullPolicy }
}
