/** The four ways to ask an application how it is (Kubernetes' Probe), each a {@link Check}. */
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import type { Check } from './prober.ts'

/** Where a probe goes, and from which local address (undefined: any). */
export interface Target {
  readonly host: string
  readonly port: number
  readonly localAddress?: string | undefined
}

export interface HttpProbe extends Target {
  readonly scheme: 'HTTP' | 'HTTPS'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

/** 200 to 399 is good; certificates are not looked at, redirects are not followed (a redirect is a good answer). */
export function httpCheck({ scheme, host, port, localAddress, path, headers }: HttpProbe): Check {
  return timeoutMs =>
    new Promise(resolve => {
      const { request } = scheme === 'HTTPS' ? https : http
      const sent = request(
        {
          host,
          port,
          path,
          localAddress,
          headers: { 'user-agent': 'kube-probe/mizzen', accept: '*/*', ...headers },
          agent: false,
          rejectUnauthorized: false,
          signal: AbortSignal.timeout(timeoutMs),
        },
        response => {
          const status = response.statusCode ?? 0
          response.destroy()
          resolve(status >= 200 && status < 400 ? undefined : `GET ${path} answered ${status}`)
        },
      )
      sent.on('error', error => resolve(`GET ${path} failed: ${inWords(error, timeoutMs)}`)).end()
    })
}

/** Good when the connection is made. */
export function tcpCheck({ host, port, localAddress }: Target): Check {
  return timeoutMs =>
    new Promise(resolve => {
      const socket = net.connect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) })
      socket.setTimeout(timeoutMs, () => socket.destroy(new Error('timeout')))
      socket.once('connect', () => {
        resolve(undefined)
        socket.destroy()
      })
      socket.once('error', error => resolve(`connection to port ${port} failed: ${inWords(error, timeoutMs)}`))
    })
}

/** Good on exit code 0. `run` ends the command after the timeout and resolves with its exit code, undefined for no proper end. */
export function execCheck(command: readonly string[], run: (timeoutMs: number) => Promise<number | undefined>): Check {
  return async timeoutMs => {
    const code = await run(timeoutMs)
    if (code === 0) return undefined
    return `"${command.join(' ')}" ${code === undefined ? `did not end within ${timeoutMs} ms` : `ended with exit code ${code}`}`
  }
}

function inWords(error: Error, timeoutMs: number): string {
  if (error.name === 'AbortError' || error.message === 'timeout') return `no answer within ${timeoutMs} ms`
  const code = 'code' in error ? error.code : undefined
  if (code === 'ECONNREFUSED') return 'connection refused'
  return error.message
}
