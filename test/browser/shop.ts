/** The shop of examples/, copied to be broken, and run by the real command. */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const repository = path.resolve(import.meta.dirname, '../..')

export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export class Shop {
  readonly #folder: string
  readonly directory: string
  #ingress = ''
  #dashboard = ''

  /** @param without files of the example that are left out */
  constructor(without: readonly string[] = []) {
    // Inside the repository: the shop's programs find their packages as they do in examples/.
    mkdirSync(path.join(repository, 'build'), { recursive: true })
    this.#folder = mkdtempSync(path.join(repository, 'build/test-browser-'))
    this.directory = path.join(this.#folder, 'shop')
    cpSync(path.join(repository, 'examples/shop'), this.directory, { recursive: true })
    for (const file of without) rmSync(path.join(this.directory, file))
  }

  get ingress(): string {
    return this.#ingress
  }

  get dashboard(): string {
    return this.#dashboard
  }

  async up(): Promise<void> {
    const { code, stdout, stderr } = await this.mizzen('up', '--detach', '--timeout', '100s')
    if (code !== 0) throw new Error(`the shop does not start: ${stdout}${stderr}`)
    const status = JSON.parse((await this.mizzen('ps', '-o', 'json')).stdout)
    this.#ingress = status.ingress[0].url
    this.#dashboard = status.dashboard
  }

  /** The command with the shop's directory as its last argument but flags. */
  mizzen(...args: readonly string[]): Promise<CommandResult> {
    const [verb = '', ...rest] = args
    const flag = rest.findIndex(word => word.startsWith('-'))
    const at = flag < 0 ? rest.length : flag
    // As somebody would type it beside the shop: the page shows names as they were typed.
    const words = [path.join(repository, 'dist/mizzen.js'), verb, ...rest.slice(0, at), 'shop', ...rest.slice(at)]
    const env = { ...process.env, NO_COLOR: '1', XDG_STATE_HOME: path.join(this.#folder, 'state') }
    return new Promise(resolve => {
      execFile(
        process.execPath,
        words,
        { cwd: this.#folder, env, encoding: 'utf8', timeout: 120_000 },
        (error, stdout, stderr) => {
          resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr })
        },
      )
    })
  }

  read(file: string): string {
    return readFileSync(path.join(this.directory, file), 'utf8')
  }

  /** @returns the number of the line, from 1, on which the text stands for the n-th time */
  lineOf(file: string, text: string, nth = 1): number {
    const lines = this.read(file).split('\n')
    let seen = 0
    const index = lines.findIndex(line => line.includes(text) && ++seen === nth)
    if (index < 0) throw new Error(`"${text}" does not stand ${nth} times in ${file}`)
    return index + 1
  }

  /** Saves a file and returns when every proxy has what follows from it. */
  async write(file: string, text: string): Promise<void> {
    writeFileSync(path.join(this.directory, file), text)
    await delay(150)
    const { code, stderr } = await this.mizzen('proxy-status', '--wait')
    if (code !== 0) throw new Error(`the change of ${file} does not get around: ${stderr}`)
  }

  async get(url: string): Promise<number> {
    return (await fetch(this.#ingress + url)).status
  }

  async post(url: string, body: unknown): Promise<number> {
    const answer = await fetch(this.#ingress + url, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    })
    await answer.text()
    return answer.status
  }

  /** One purchase through all services. @returns the status of the order */
  async buy(): Promise<number> {
    await this.post('/api/cart', { cart: 'test', product: 'rope' })
    return this.post('/api/orders', { cart: 'test', currency: 'NOK' })
  }

  async close(): Promise<void> {
    await this.mizzen('down')
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
