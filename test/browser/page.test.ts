import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { violations } from './browser.ts'
import { browser, made, opened, openedText, plot } from './opened.ts'
import { reports } from './reports.ts'

test('the runs of a series are folded; links, the address and paper open them', async () => {
  const page = await opened('two runs')
  const [a, b] = [page.locator('#A'), page.locator('#B')]
  assert.deepEqual([await a.getAttribute('open'), await b.getAttribute('open')], [null, null])
  assert.match(
    (await b.locator('summary').first().textContent()) ?? '',
    /B · ramp · two\s*pass · 158\/s · p95 95 ms/,
  )
  const inside = b.getByText('What was run')
  assert.equal(await inside.isVisible(), false)
  await page.getByRole('link', { name: 'B · two' }).click()
  assert.ok(await inside.isVisible())
  assert.equal(await a.getAttribute('open'), null)
  // The address leads there already: the link opens it again.
  await b.locator('summary').first().click()
  assert.equal(await inside.isVisible(), false)
  await page.getByRole('link', { name: 'B · two' }).click()
  assert.ok(await inside.isVisible())
  await page.context().close()
  for (const script of [true, false]) {
    const there = await opened('two runs', '#B', script)
    assert.ok(await there.locator('#B').getByText('What was run').isVisible())
    assert.equal(await there.locator('#A').getByText('What was run').isVisible(), false)
    await there.emulateMedia({ media: 'print' })
    assert.ok(await there.locator('#A').getByText('What was run').isVisible())
    await there.context().close()
  }
})

test('a table is sorted by a click or a key on a head: numbers as numbers, what has no answer last', async () => {
  const page = await openedText(
    made({
      kind: 'table',
      name: 'T',
      heads: ['name', 'value'],
      rows: [
        ['b', '9.5 %'],
        ['a10', '–'],
        ['a9', '1,234 %'],
        ['c', '−3 %'],
        ['d', '< 0.001'],
        ['all', '7'],
      ],
      emphasised: 5,
    }),
  )
  const names = () => page.locator('tbody th').allTextContents()
  const head = page.getByRole('columnheader', { name: 'value' })
  await head.getByRole('button').click()
  assert.deepEqual(await names(), ['a9', 'b', 'd', 'c', 'a10', 'all'])
  assert.equal(await head.getAttribute('aria-sort'), 'descending')
  await page.keyboard.press('Enter')
  assert.deepEqual(await names(), ['c', 'd', 'b', 'a9', 'a10', 'all'])
  assert.equal(await head.getAttribute('aria-sort'), 'ascending')
  await page.getByRole('button', { name: 'name' }).press('Enter')
  await page.getByRole('button', { name: 'name' }).press('Enter')
  assert.deepEqual(await names(), ['a9', 'a10', 'b', 'c', 'd', 'all'])
  assert.equal(await head.getAttribute('aria-sort'), null)
  await page.context().close()
})

test('a table is copied as cells for a spreadsheet, also without the clipboard’s API', async () => {
  const page = await opened('one run')
  const copy = page.locator('.copy')
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText())
  await copy.click()
  await page.getByRole('button', { name: 'copied' }).waitFor()
  const text = await clipboard()
  assert.match(text, /^\trequests\trequests\/s\terrors\t[^\n]*\nstage 1 · 1 VU\t1,000\t99.9\t0 %\t/)
  await page.evaluate(() => navigator.clipboard.writeText(''))
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error('denied'))
  })
  await page.getByRole('button', { name: 'copy' }).click()
  await page.getByRole('button', { name: 'copied' }).waitFor()
  assert.equal(await clipboard(), text)
  await page.context().close()
})

test('what is folded has its name as a button', async () => {
  const page = await openedText(
    made(
      { kind: 'list', name: 'Notes', lines: ['one', 'two'], folded: true },
      { kind: 'table', name: 'T', heads: ['a', 'b'], rows: [['1', '2']], folded: true },
    ),
  )
  assert.equal(await page.getByText('one').isVisible(), false)
  await page.getByText('Notes').click()
  assert.ok(await page.getByText('one').isVisible())
  assert.equal(await page.getByRole('table').isVisible(), false)
  await page.context().close()
})

test('the figures of an invalid run are crossed out, and the reason is not', async () => {
  const page = await openedText(
    made({ kind: 'tiles', tiles: [['p95 ms', '12', 'of 30 only']], invalid: 'k6 was the bottleneck' }),
  )
  const lineOf = (text: string) =>
    page.getByText(text).evaluate((element) => getComputedStyle(element).textDecorationLine)
  assert.deepEqual(await Promise.all(['12', 'of 30 only', 'Not to be used: k6'].map(lineOf)), [
    'line-through',
    'none',
    'none',
  ])
  await page.context().close()
})

test('the policy lets no page load, style or run anything that is not its own', async () => {
  const policy = /Security-Policy" content="([^"]*)"/.exec(reports['one run']?.get('index.html') ?? '')?.[1]
  assert.match(
    policy ?? '',
    /^default-src 'none'; img-src data:; style-src '[^;]*; script-src 'sha256-[^;]*;/,
  )
  assert.doesNotMatch(policy ?? '', /unsafe/)
  const page = await opened('one run')
  const failed: (string | undefined)[] = []
  page.on('requestfailed', (request) => failed.push(request.failure()?.errorText))
  const changed = await page.evaluate(() => {
    document.body.insertAdjacentHTML(
      'beforeend',
      '<i id=i style="color:red" onclick="document.title=1">x</i><img src="http://127.0.0.1:9/x">',
    )
    const script = document.createElement('script')
    script.textContent = 'document.title = 2'
    document.body.append(script)
    const element = document.getElementById('i')
    element?.click()
    return [document.title, element && getComputedStyle(element).color === 'rgb(255, 0, 0)']
  })
  assert.deepEqual(changed, ['one · load-and-stress', false])
  assert.deepEqual(failed, ['csp'])
  await page.context().close()
})

test('nothing moves for those who asked for less motion, and the keyboard’s place is seen', async () => {
  const page = await opened('two runs')
  await page.emulateMedia({ reducedMotion: 'reduce' })
  assert.deepEqual(await page.evaluate(() => document.getAnimations().map(({ id }) => id)), [])
  await page.keyboard.press('Tab')
  assert.notEqual(
    await page.evaluate(() => getComputedStyle(document.activeElement as Element).outlineStyle),
    'none',
  )
  assert.deepEqual(await violations(await unpoliced()), [])
  await page.context().close()
})

/** A page with every kind of control, which axe may examine. */
async function unpoliced(): Promise<Page> {
  const page = await browser.newPage({ bypassCSP: true })
  await page.setContent(
    made(
      { kind: 'choice', name: 'Views', plots: [plot('curves'), plot('histogram')] },
      { kind: 'list', name: 'Notes', lines: ['one', 'two'], folded: true },
      { kind: 'tiles', tiles: [['p95 ms', '12', 'of 30 requests only']] },
    ),
  )
  return page
}
