import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright-core'
import type { Plot, Report } from '../../analysis/report/blocks.ts'
import { html } from '../../analysis/report/printers/html.ts'
import { started } from './browser.ts'
import { reports } from './reports.ts'

export const browser = await started()
const folder = await mkdtemp(path.join(os.tmpdir(), 'las-page-'))
after(async () => {
  await browser.close()
  await rm(folder, { recursive: true })
})

/** The page of a report by what it is of, with or without script. */
export function opened(name: string, fragment = '', script = true): Promise<Page> {
  const text = reports[name]?.get('index.html')
  assert.ok(text)
  return openedText(text, fragment, script)
}

/** A page in a context of its own, which the caller closes. */
export async function openedText(text: string, fragment = '', script = true): Promise<Page> {
  const file = path.join(folder, 'index.html')
  await writeFile(file, text)
  const context = await browser.newContext({
    javaScriptEnabled: script,
    viewport: { width: 1280, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  const page = await context.newPage()
  await page.goto(pathToFileURL(file).href + fragment)
  return page
}

/** A picture of next to nothing. */
export const plot = (name: string, narrow?: string): Plot => ({
  kind: 'plot',
  name,
  title: name,
  svg: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 99" role="img" aria-labelledby="${name}-t"><title id="${name}-t">${name}</title><path d="M0 0H9"/></svg>`,
  ...(narrow !== undefined && { narrow }),
})

/** A page of those blocks. */
export const made = (...blocks: Report['blocks']): string =>
  html({
    suite: 'run',
    title: 'made',
    blocks,
    foot: '',
    cases: [],
    startedAt: null,
    seconds: null,
    figures: {},
    records: [],
  })
