import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type Browser, chromium, type Page } from 'playwright-core'

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Starts CHROMIUM_BIN, or Debian's Chromium. */
export const started = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.CHROMIUM_BIN || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })

/** The violations that axe finds on a page, of all its rules or of these, one line each. */
export async function violations(page: Page, rules?: readonly string[]): Promise<string[]> {
  await page.evaluate(axe)
  type Found = { violations: { id: string; nodes: { html: string }[] }[] }
  const { violations: found } = await page.evaluate<Found>(
    `axe.run(${rules ? JSON.stringify({ runOnly: rules }) : ''})`,
  )
  return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)
}
