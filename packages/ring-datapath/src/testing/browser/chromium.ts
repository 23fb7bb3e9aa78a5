import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Page } from 'playwright-core'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const FLAGS = ['--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync']

/** The installed Chromium, or undefined. Nothing is downloaded. */
export function installedChromium(): string | undefined {
  return PLACES.find((place) => existsSync(place))
}

/** An open page. */
export interface OpenPage {
  readonly page: Page
  close(): Promise<void>
}

/** A page with `page.js`, served with the other scripts from this machine, isolated so that it may share memory. */
export async function openPage(executablePath: string, scripts: Readonly<Record<string, string>>): Promise<OpenPage> {
  const server = createServer(({ url = '/' }, response) => {
    const script = Object.hasOwn(scripts, url.slice(1)) ? scripts[url.slice(1)] : undefined
    response.writeHead(url === '/' || script !== undefined ? 200 : 404, {
      'content-type': url === '/' ? 'text/html' : 'text/javascript',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    })
    response.end(url === '/' ? '<!doctype html><meta charset="utf-8"><script src="page.js"></script>' : script)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const profile = mkdtempSync(join(tmpdir(), 'npa-chromium-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: [...FLAGS, '--no-sandbox', '--no-first-run'],
  })
  const page = await context.newPage()
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  return {
    page,
    async close() {
      await context.close()
      server.closeAllConnections()
      server.close()
      rmSync(profile, { recursive: true, force: true })
    },
  }
}
