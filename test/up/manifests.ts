/** The manifests of a small mesh: a front that calls a back in two versions and a TCP echo, and a gateway. */
import path from 'node:path'

const APP = path.join(import.meta.dirname, 'app.js')

export interface DeploymentOptions {
  readonly version?: string
  readonly replicas?: number
  readonly engine?: string
  /** In place of the test application. */
  readonly command?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export function deployment(
  name: string,
  app: string,
  { version = 'v1', replicas = 1, engine, command, env = {} }: DeploymentOptions = {},
): string {
  const variables = { VERSION: version, ...env }
  return `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  replicas: ${replicas}
  selector:
    matchLabels: {app: ${app}, version: ${version}}
  template:
    metadata:
      labels: {app: ${app}, version: ${version}}
      annotations: {${engine ? `mizzen.dev/engine: ${engine}` : ''}}
    spec:
      containers:
        - name: app
          image: registry.example/${app}:1
          command: ${JSON.stringify(command ?? ['node', APP])}
          env: ${JSON.stringify(Object.entries(variables).map(([key, value]) => ({ name: key, value })))}
          ports: [{containerPort: 8080}]
`
}

export function service(name: string, port: number, portName = 'http'): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec:
  selector: {app: ${name}}
  ports: [{name: ${portName}, port: ${port}, targetPort: 8080}]
`
}

export const gateway = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: entrance}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: front}
spec:
  hosts: ['*']
  gateways: [entrance]
  http: [{route: [{destination: {host: front}}]}]
`

/** A service whose port declares no protocol, and whose requests a rule sends to v2 of another. */
const plain = `
apiVersion: v1
kind: Service
metadata: {name: plain}
spec:
  selector: {app: back}
  ports: [{port: 8000, targetPort: 8080}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: plain}
spec:
  hosts: [plain]
  http: [{route: [{destination: {host: back, subset: v2, port: {number: 80}}}]}]
`

/** Who asks as the group "beta" gets v2; of the others, `weight` percent get v1. */
export function backRoutes(weight: number): string {
  return `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: back
spec:
  hosts: [back]
  http:
    - match: [{headers: {x-group: {exact: beta}}}]
      route: [{destination: {host: back, subset: v2}}]
    - route:
        - destination: {host: back, subset: v1}
          weight: ${weight}
        - destination: {host: back, subset: v2}
          weight: ${100 - weight}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: back}
spec:
  host: back
  subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]
`
}

export function documents(...parts: readonly string[]): string {
  return parts.join('---')
}

/** By file name. */
export function smallMesh(): Record<string, string> {
  return {
    'front.yaml': documents(service('front', 80), deployment('front', 'front', { env: { ECHO_ADDR: 'echo:7000' } })),
    'back.yaml': documents(service('back', 80), deployment('back-v1', 'back'), deployment('back-v2', 'back', { version: 'v2' })),
    'echo.yaml': documents(service('echo', 7000, 'tcp-echo'), deployment('echo', 'echo', { env: { PROTOCOL: 'tcp' } })),
    'plain.yaml': plain,
    'gateway.yaml': gateway,
    'routes.yaml': backRoutes(100),
  }
}
