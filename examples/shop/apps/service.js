/**
 * What every HTTP service of the shop shares: a JSON server on $PORT and a client that passes on the caller's context.
 * Plain Node, no framework, nothing of the mesh in it.
 */
import http from 'node:http'

/** Headers that belong to the caller and travel along: the test group (routing) and the trace (so that spans join). */
const PROPAGATED = ['x-test-group', 'x-break', 'x-request-id', 'traceparent', 'tracestate', 'b3']

export const version = process.env.VERSION ?? 'v1'

export class HttpError extends Error {
  constructor(status, message) {
    super(message)
    this.status = status
  }
}

/**
 * @param {Record<string, (request: {params: string[], query: URLSearchParams, body: any, headers: Record<string, string>}) => unknown>} routes
 *   "GET /products/:" -> handler; ":" stands for one path segment. What a handler returns is sent as JSON, a string as HTML.
 */
export function serve(routes) {
  const table = Object.entries(routes).map(([key, handler]) => {
    const [method, path] = key.split(' ')
    return { method, pattern: new RegExp(`^${path.replaceAll(':', '([^/]+)')}$`), handler }
  })
  const server = http.createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://shop')
    const route = table.find(({ method, pattern }) => method === request.method && pattern.test(url.pathname))
    let status = 200
    let answer
    try {
      if (!route) throw new HttpError(404, `nothing at ${request.method} ${url.pathname}`)
      const params = (route.pattern.exec(url.pathname) ?? []).slice(1).map(decodeURIComponent)
      answer = await route.handler({ params, query: url.searchParams, body: await readJson(request), headers: context(request) })
    } catch (error) {
      status = error.status ?? 500
      answer = { error: error.message }
      // 503 is what the flaky service answers on purpose: not worth a line each.
      if (status >= 500 && status !== 503) console.error(`${request.method} ${url.pathname}: ${error.message}`)
    }
    const html = typeof answer === 'string'
    const bytes = Buffer.from(html ? answer : `${JSON.stringify(answer)}\n`)
    response.writeHead(status, {
      'content-type': html ? 'text/html; charset=utf-8' : 'application/json',
      'content-length': bytes.length,
      'x-served-by': `${process.env.HOSTNAME ?? 'local'} ${version}`,
    })
    response.end(bytes)
  })
  const port = Number(process.env.PORT ?? 8080)
  server.listen(port, process.env.HOST ?? '0.0.0.0', () => console.log(`listening on port ${port} (${version})`))
  process.on('SIGTERM', () => {
    server.close(() => process.exit(0))
    server.closeIdleConnections()
  })
}

/** Calls another service of the shop by its name and returns the JSON it answered. Throws HttpError on anything but 2xx. */
export async function call(url, { headers = {}, method = 'GET', body = undefined } = {}) {
  const response = await fetch(url, {
    method,
    headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await response.text()
  if (!response.ok)
    throw new HttpError(response.status === 504 ? 504 : 502, `${url} answered ${response.status}: ${text.trim().slice(0, 200)}`)
  return JSON.parse(text)
}

function context(request) {
  const headers = {}
  for (const name of PROPAGATED) {
    const value = request.headers[name]
    if (value !== undefined) headers[name] = value
  }
  return headers
}

async function readJson(request) {
  let text = ''
  for await (const chunk of request) {
    text += chunk
    if (text.length > 1_000_000) throw new HttpError(413, 'body too large')
  }
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    throw new HttpError(400, 'body is not JSON')
  }
}
