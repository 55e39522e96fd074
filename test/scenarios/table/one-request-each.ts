/** A connection keeps the policies it began with until it ends: with this no connection to the backends is used twice. */
export const oneRequestEach = ['echo.default', 'other.default', 'solo.default', 'far.second', 'grpc.default']
  .map(
    service => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: ${service}, namespace: istio-system}
spec: {host: ${service}.svc.cluster.local, trafficPolicy: {connectionPool: {http: {maxRequestsPerConnection: 1}}}}
`,
  )
  .join('---')
