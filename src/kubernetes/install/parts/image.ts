/** Which image a container of ours runs. */
import type { Settings } from '../settings.ts'

/** @param name of the image; with a "/" in it it is a whole reference */
export function imageOf({ global }: Settings, name: string): string {
  if (name.includes('/')) return name
  const hub = global.hub.replace(/\/$/, '')
  const variant =
    global.variant === undefined || global.variant === '' || global.variant === 'default' ? '' : `-${global.variant}`
  return `${hub}/${name}:${global.tag}${variant}`
}

export function pullPolicy({ global }: Settings): { imagePullPolicy?: string } {
  return global.imagePullPolicy === '' ? {} : { imagePullPolicy: global.imagePullPolicy }
}
