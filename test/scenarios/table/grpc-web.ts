/** Browsers call gRPC services: a port named grpc-web says so. */
import { http, ingress, type Scenario } from '../scenario.ts'

/** A message of the echo service, as a frame. */
function frame(text: string): string {
  const message = Buffer.concat([Buffer.from([0x0a, text.length]), Buffer.from(text)])
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message]).toString('base64')
}

const TEXT = 'application/grpc-web-text'
const call = {
  method: 'POST',
  headers: { 'content-type': TEXT, accept: TEXT, origin: 'https://shop.example' },
  body: frame('hi'),
} as const
/** A message, and the frame of trailers: both begin with their flag and a small length. */
const ANSWER = /^AAAAA[\w+/]+=*gAAAA[\w+/]+=*$/

const WEB = `
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: grpc}
  ports: [{name: grpc-web, port: 7001, targetPort: 7000}]
`
const GATEWAY = `---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gw}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: web, protocol: GRPC-WEB}, hosts: ["*"]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web}
spec:
  hosts: ["*"]
  gateways: [gw]
  http:
    - corsPolicy:
        allowOrigins: [{exact: "https://shop.example"}]
        allowMethods: [POST]
        allowHeaders: [content-type, x-grpc-web, grpc-timeout]
        exposeHeaders: [grpc-status, grpc-message]
      route: [{destination: {host: grpc, port: {number: 7000}}}]
`

export const grpcWeb: readonly Scenario[] = [
  {
    name: 'gRPC-Web: a port named grpc-web takes calls of browsers, and its service speaks gRPC',
    config: WEB,
    mixed: true,
    calls: [
      http('http://web:7001/echo.Echo/Unary', { headers: { 'content-type': `${TEXT}+proto` }, body: ANSWER }, call),
      http(
        'http://web:7001/echo.Echo/Nothing',
        { headers: { 'content-type': `${TEXT}+proto`, 'grpc-status': '12' }, body: '' },
        call,
      ),
    ],
  },
  {
    name: 'gRPC-Web through a gateway: preflights are answered, and the status of a call may be read by the page',
    config: `${WEB}${GATEWAY}`,
    calls: [
      ingress(
        'http://shop.example.com/echo.Echo/Unary',
        { headers: { 'access-control-allow-origin': 'https://shop.example', 'access-control-allow-methods': 'POST' } },
        {
          method: 'OPTIONS',
          headers: { origin: 'https://shop.example', 'access-control-request-method': 'POST' },
        },
      ),
      ingress(
        'http://shop.example.com/echo.Echo/Unary',
        {
          headers: {
            'content-type': `${TEXT}+proto`,
            'access-control-allow-origin': 'https://shop.example',
            'access-control-expose-headers': 'grpc-status,grpc-message',
          },
          body: ANSWER,
        },
        call,
      ),
    ],
  },
]
