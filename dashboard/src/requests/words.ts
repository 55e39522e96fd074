/** A request in a few words, for tables. */
import type { RequestView } from '../../../src/run/dashboard/view/request-views.ts'

type Story = RequestView['story']

/** "storefront", "203.0.113.7" */
export function callerOf({ pod, workload, story }: RequestView): string {
  if (story.side === 'outbound') return shortName(workload)
  return story.source.workload ?? (pod.includes('gateway') ? 'outside' : withoutPort(story.source.address))
}

export function calleeOf({ workload, story }: RequestView): string {
  if (story.side === 'inbound') return shortName(workload)
  return story.service?.split('.')[0] ?? story.destination?.workload ?? story.authority ?? story.listener.address
}

export function shortName(workload: string): string {
  return workload.slice(workload.indexOf('/') + 1)
}

function withoutPort(address: string): string {
  return address.slice(0, address.lastIndexOf(':'))
}

export function statusOf({ protocol, status, grpcStatus }: Story): string {
  if (protocol === 'tcp') return 'tcp'
  if (grpcStatus !== undefined && grpcStatus !== 0) return `grpc ${grpcStatus}`
  return status === 0 ? '–' : String(status)
}

export function toneOf({ failed, status, flags }: Story): 'good' | 'warn' | 'bad' {
  if (!failed) return 'good'
  return status >= 400 && status < 500 && flags.length === 0 ? 'warn' : 'bad'
}

export function whatOf({ protocol, method, path, bytesSent, bytesReceived }: Story): string {
  return protocol === 'tcp' ? `${bytesReceived} B in, ${bytesSent} B out` : `${method ?? ''} ${path ?? ''}`
}

/** Whether a filter of the page fits what is already there. */
export function fits(view: RequestView, filter: URLSearchParams): boolean {
  const { story } = view
  const has = (name: string, value: string) => {
    const wanted = filter.get(name)
    return wanted === null || wanted === '' || value.toLowerCase().includes(wanted.toLowerCase())
  }
  const status = filter.get('status')
  return (
    (filter.get('failed') !== 'true' || story.failed) &&
    has('from', callerOf(view)) &&
    has('to', `${calleeOf(view)} ${story.cluster ?? ''}`) &&
    (filter.get('path') === null || (story.path ?? '').startsWith(filter.get('path') ?? '')) &&
    (filter.get('side') === null || story.side === filter.get('side')) &&
    (status === null ||
      status === '' ||
      (status.endsWith('xx') ? String(story.status).startsWith(status.slice(0, 1)) : String(story.status) === status))
  )
}
