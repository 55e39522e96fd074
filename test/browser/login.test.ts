/** The page where others reach it: everybody may read, and whoever has the token may edit. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ConfigFiles } from '../../src/run/dashboard/config-files.ts'
import { loginUrl, pageAddress } from '../../src/run/laptop/page-address.ts'
import { type BareDashboard, bareDashboard } from './bare-dashboard.ts'
import { BROWSER_MISSING, Browser } from './browser.ts'

describe('the page at an address that others reach', { skip: BROWSER_MISSING }, () => {
  const browser = new Browser()
  const folder = mkdtempSync(path.join(tmpdir(), 'mizzen-login-'))
  const address = pageAddress(['0.0.0.0'], 'open-sesame')
  let dashboard: BareDashboard

  before(async () => {
    writeFileSync(path.join(folder, 'mesh.yaml'), '')
    dashboard = await bareDashboard(address, { files: new ConfigFiles([folder], folder) })
  })
  after(async () => {
    await browser.close()
    await dashboard.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const apply = (authorization?: string) =>
    fetch(`${dashboard.url}/api/config/apply`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) },
      body: JSON.stringify({ file: path.join(folder, 'mesh.yaml'), text: '', digest: 'none' }),
    }).then(({ status }) => status)

  it('takes changes with the token only', async () => {
    assert.equal(await apply(), 403)
    assert.equal(await apply('Bearer open-sesam'), 403)
    assert.notEqual(await apply('Bearer open-sesame'), 403)
  })

  it('lets people log in, tells them when the token is wrong, and keeps it out of the address', async () => {
    const page = await browser.open()
    await page.goto(dashboard.url)
    await page.getByRole('button', { name: 'Log in' }).click()
    const dialog = page.getByRole('dialog', { name: 'Log in to edit' })
    await dialog.getByLabel('Token').fill('guessed')
    await page.keyboard.press('Enter')
    await dialog.getByRole('alert').getByText('This is not the token.').waitFor()
    await dialog.getByLabel('Token').fill('open-sesame')
    await page.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Log in' }).waitFor({ state: 'detached' })
    // As the link that is printed does it.
    const other = await browser.open()
    await other.goto(loginUrl(dashboard.url, { ...address, names: ['127.0.0.1'] }))
    await other.getByRole('navigation').waitFor()
    assert.doesNotMatch(other.url(), /open-sesame/)
    assert.equal(await other.getByRole('button', { name: 'Log in' }).count(), 0)
    assert.deepEqual(browser.complaints, [])
  })
})
