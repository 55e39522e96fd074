/** A real Chromium without a window, with a profile of its own that is thrown away. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'

const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** Why there is no browser; false: there is one. */
export const BROWSER_MISSING: string | false = existsSync(EXECUTABLE)
  ? false
  : `there is no Chromium at ${EXECUTABLE} (apt: chromium; or set CHROMIUM)`

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
] as const

export interface Look {
  readonly width: number
  readonly height: number
  readonly scheme: 'light' | 'dark'
}

export const DESKTOP: Look = { width: 1440, height: 900, scheme: 'light' }
export const DARK: Look = { ...DESKTOP, scheme: 'dark' }
export const PHONE: Look = { width: 390, height: 844, scheme: 'light' }

export class Browser {
  readonly #profile = mkdtempSync(path.join(tmpdir(), 'mizzen-browser-'))
  #context: BrowserContext | undefined
  /** What the page complained of: a good page complains of nothing. */
  readonly complaints: string[] = []

  async open(look: Look = DESKTOP): Promise<Page> {
    this.#context ??= await chromium.launchPersistentContext(this.#profile, {
      executablePath: EXECUTABLE,
      headless: true,
      args: [...ARGS],
      viewport: { width: look.width, height: look.height },
    })
    const page = await this.#context.newPage()
    await page.setViewportSize({ width: look.width, height: look.height })
    await page.emulateMedia({ colorScheme: look.scheme })
    page.on('pageerror', error => this.complaints.push(error.message))
    page.on('console', message => {
      if (message.type() === 'error') this.complaints.push(message.text())
    })
    return page
  }

  async close(): Promise<void> {
    await this.#context?.close()
    rmSync(this.#profile, { recursive: true, force: true })
  }
}

const images = path.resolve(import.meta.dirname, '../../docs/images')

/** Pictures for docs/ are written where MIZZEN_SCREENSHOTS asks for it: they differ a little from run to run. Taking them is tested always. */
export async function picture(page: Page, name: string): Promise<void> {
  const wanted = process.env['MIZZEN_SCREENSHOTS'] !== undefined
  if (wanted) mkdirSync(images, { recursive: true })
  await page.screenshot({ animations: 'disabled', ...(wanted && { path: path.join(images, `dashboard-${name}.png`) }) })
}
