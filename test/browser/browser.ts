import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type Browser, chromium, type Page } from 'playwright-core'

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Chromium as Debian has it, or CHROMIUM_BIN. */
export const started = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.CHROMIUM_BIN || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })

/** What axe objects to on a page, a line each. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  type Found = { violations: { id: string; nodes: { html: string }[] }[] }
  const { violations: found } = await page.evaluate<Found>('axe.run()')
  return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)
}
