import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { started, violations } from './browser.ts'
import { misplaced, unfolded, unreadable } from './layout.ts'
import { reports } from './reports.ts'

let browser: Browser
let folder = ''
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'las-browser-'))
  browser = await started()
})
after(async () => {
  await browser?.close()
  await rm(folder, { recursive: true })
})

const widths = [360, 800, 1280, 1920]

// A4 within margins of 12 mm, in CSS pixels.
const paper = { width: 703, height: 1031 }

for (const [name, files] of Object.entries(reports)) {
  describe(`the page of ${name}`, () => {
    test('fits windows and paper, logs nothing, loads nothing', async () => {
      const file = path.join(folder, `${name}.html`)
      await writeFile(file, files.get('index.html') ?? '')
      const address = pathToFileURL(file).href
      const page = await browser.newPage()
      const logged: string[] = []
      const requested: string[] = []
      page.on('console', (message) => logged.push(message.text()))
      page.on('pageerror', (error) => logged.push(error.message))
      page.on('request', (request) => requested.push(request.url()))
      await page.goto(address)

      // Folded, as it is opened; what is folded is on paper too.
      await page.setViewportSize(paper)
      await page.emulateMedia({ media: 'print' })
      assert.deepEqual(await misplaced(page, true), [], 'on paper')
      await page.emulateMedia({ media: 'screen' })

      await unfolded(page)
      for (const width of widths) {
        await page.setViewportSize({ width, height: 900 })
        assert.deepEqual(await misplaced(page), [], `${width} px`)
        assert.deepEqual(await unreadable(page), [], `${width} px`)
      }
      const pictures = [...files.keys()].filter((each) => each.endsWith('.svg'))
      const boxes = await page.locator('figure > svg:first-child').evaluateAll((all) =>
        all.map((svg) => {
          const { width, height } = svg.getBoundingClientRect()
          return { width, height, marks: svg.querySelectorAll('path,rect,circle,line').length }
        }),
      )
      assert.equal(boxes.length, pictures.length)
      for (const { width, height, marks } of boxes) assert.ok(width > 500 && height > 150 && marks > 5)
      assert.deepEqual(logged, [])
      assert.deepEqual(
        requested.filter((url) => url !== address && !url.startsWith('data:')),
        [],
      )
      await page.close()
    })

    for (const colorScheme of ['light', 'dark'] as const)
      test(`has no axe violation, ${colorScheme}`, async () => {
        // The page's content security policy would block axe.
        const page = await browser.newPage({
          colorScheme,
          bypassCSP: true,
          viewport: { width: 1000, height: 900 },
        })
        await page.setContent(files.get('index.html') ?? '')
        await unfolded(page)
        // Colours are all that differs in the dark.
        assert.deepEqual(await violations(page, colorScheme === 'dark' ? ['color-contrast'] : undefined), [])
        await page.close()
      })
  })
}
