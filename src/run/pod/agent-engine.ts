/** No proxy at all: the agent of an application that reads xDS itself (gRPC), and the file that its library starts from. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Log } from '../../proxy/context.ts'
import { GrpcAgent } from '../agent/grpc-agent.ts'
import { nodeOf } from '../bootstrap.ts'
import { grpcBootstrap } from '../grpc-bootstrap.ts'
import { identityOf, type Mounts, optionsOf, socketsOf } from './bootstrap-files.ts'
import type { PodEngine } from './pod-engine.ts'
import type { PodSetup } from './setup.ts'

export function agentEngine(setup: PodSetup, mounts: Mounts, log: Log): PodEngine {
  const { xds } = socketsOf(setup.directory)
  const certificates = setup.certificateDirectory ?? setup.directory
  mkdirSync(setup.directory, { recursive: true })
  writeFileSync(path.join(setup.directory, 'grpc-bootstrap.json'), bootstrapOf(setup, mounts, xds, certificates))
  const agent = new GrpcAgent({ identity: identityOf(setup, mounts), socket: xds, certificates, log })
  let end: (code: number) => void = () => {}
  const ended = new Promise<number>(resolve => {
    end = resolve
  })
  return {
    notReady: async () => agent.notReady,
    certificate: () => agent.certificate,
    drain() {},
    connections: async () => 0,
    stop() {
      agent.close()
      end(0)
    },
    ended,
  }
}

function bootstrapOf(setup: PodSetup, mounts: Mounts, socket: string, certificates: string): string {
  const { id = '', cluster = '', metadata = {} } = nodeOf(optionsOf(setup, mounts).identity)
  return grpcBootstrap({ node: { id, cluster, metadata }, server: `unix://${socket}`, certificates })
}
