/** HAProxy and nginx before the same backend: what a proxy in C that has no mesh's work to do needs. One worker each, keep-alive on both sides. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from '../engine.ts'

export interface Limit {
  readonly name: 'haproxy' | 'nginx'
  readonly port: number
  /** The worker. */
  readonly pid: number
  stop(): Promise<void>
}

const haproxy = (port: number, backend: number) => `global
  nbthread 1
  maxconn 4000
defaults
  mode http
  timeout connect 10s
  timeout client 60s
  timeout server 60s
listen bench
  bind 127.0.0.1:${port}
  http-reuse always
  server backend 127.0.0.1:${backend}
`

const nginx = (port: number, backend: number, folder: string) => `daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/nginx.log crit;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  keepalive_requests 100000000;
  upstream backend { server 127.0.0.1:${backend}; keepalive 64; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`

/** Those that are installed. */
export async function startLimits(folder: string, backend: number): Promise<Limit[]> {
  const [haproxyPort = 0, nginxPort = 0] = await freePorts(2)
  const limits: Limit[] = []
  if (installed('haproxy')) {
    const file = path.join(folder, 'haproxy.cfg')
    await writeFile(file, haproxy(haproxyPort, backend))
    const child = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' })
    await listening(haproxyPort)
    limits.push({ name: 'haproxy', port: haproxyPort, pid: child.pid ?? 0, stop: () => stopped(child) })
  }
  if (installed('nginx')) {
    const file = path.join(folder, 'nginx.conf')
    await writeFile(file, nginx(nginxPort, backend, folder))
    const child = spawn('nginx', ['-c', file], { stdio: 'ignore' })
    await listening(nginxPort)
    const worker = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ')[0])
    limits.push({ name: 'nginx', port: nginxPort, pid: worker, stop: () => stopped(child) })
  }
  return limits
}

function installed(command: string): boolean {
  try {
    execFileSync(command, ['-v'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const open = await new Promise<boolean>(resolve => {
      const socket = net.connect(port, '127.0.0.1', () => {
        socket.destroy()
        resolve(true)
      })
      socket.on('error', () => resolve(false))
    })
    if (open) return
    await sleep(50)
  }
  throw new Error(`Nothing listens on 127.0.0.1:${port} after 5 s`)
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const gone = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGTERM')
  await gone
}
