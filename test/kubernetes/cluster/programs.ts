/** Small workloads of these suites: what they run needs nothing but Node, and their manifests fit on a page. */

/** Answers with the headers that it got, one a line; ends as most programs do: at once. */
const SERVER = `
const http = require('node:http')
const server = http.createServer((request, response) => {
  response.end(Object.entries(request.headers).map(([name, value]) => name + ': ' + value + '\\n').join(''))
})
server.listen(8080)
process.on('SIGTERM', () => process.exit(0))
`

export interface ServerOptions {
  readonly replicas?: number
  readonly annotations?: Readonly<Record<string, string>>
}

/** A Deployment and a Service of the same name, port 80. */
export function server(name: string, namespace: string, { replicas = 1, annotations = {} }: ServerOptions = {}): unknown[] {
  const labels = { app: name }
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace },
      spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels, annotations: { 'sidecar.istio.io/proxyCPU': '10m', ...annotations } },
          spec: {
            containers: [
              {
                name,
                image: 'mizzen-shop:1',
                command: ['node', '-e', SERVER],
                ports: [{ containerPort: 8080 }],
                readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 2 },
              },
            ],
          },
        },
      },
    },
  ]
}
