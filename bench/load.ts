/**
 * A closed-loop HTTP/1.1 load: N keep-alive connections, each sends its next request when the answer to the last one is complete.
 * Its own process (`node bench/load.ts PORT CONNECTIONS REQUESTS HOST PATH`), prints one JSON line: {requests, failed, seconds}.
 */
import net from 'node:net'

interface Result {
  requests: number
  failed: number
  seconds: number
}

export function load(port: number, connections: number, total: number, host: string, path: string): Promise<Result> {
  const request = Buffer.from(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\nuser-agent: bench\r\naccept: */*\r\n\r\n`)
  const started = performance.now()
  const result: Result = { requests: 0, failed: 0, seconds: 0 }
  let sent = 0
  return new Promise((resolve, reject) => {
    let open = connections
    for (let i = 0; i < connections; i++) {
      const socket = net.connect({ host: '127.0.0.1', port, noDelay: true })
      let missing = -1 // bytes of the body still to come; -1: the head is not complete
      let head = ''
      const next = () => {
        if (sent >= total) {
          socket.end()
          if (--open === 0) resolve({ ...result, seconds: (performance.now() - started) / 1000 })
          return
        }
        sent += 1
        missing = -1
        head = ''
        socket.write(request)
      }
      socket.on('connect', next)
      socket.on('error', reject)
      socket.on('data', bytes => {
        if (missing < 0) {
          head += bytes.toString('latin1')
          const end = head.indexOf('\r\n\r\n')
          if (end < 0) return
          missing = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1]) - (head.length - end - 4)
          if (Number.isNaN(missing))
            return reject(new Error(`expected an answer with content-length, got: ${head.slice(0, end)}`))
          if (!head.startsWith('HTTP/1.1 200')) result.failed += 1
        } else missing -= bytes.length
        if (missing > 0) return
        result.requests += 1
        next()
      })
    }
  })
}

if (import.meta.main) {
  const [port, connections, requests, host, path] = process.argv.slice(2)
  console.log(JSON.stringify(await load(Number(port), Number(connections), Number(requests), host ?? 'backend', path ?? '/')))
}
