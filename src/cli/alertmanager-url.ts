/** The flag --alertmanager of the commands that evaluate alerts. */
import { UsageError } from './flags.ts'

/** @throws when it is no URL that alerts could be sent to */
export function alertmanagerUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const protocol = URL.parse(text)?.protocol
  if (protocol === 'http:' || protocol === 'https:') return text
  throw new UsageError(`Cannot use --alertmanager "${text}": expected a URL such as http://127.0.0.1:9093`)
}
