import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { cellText } from '../../analysis/report/blocks.ts'
import { comparedBlocks } from '../../analysis/report/comparison.ts'
import type { Comparison } from '../../analysis/runs/compare.ts'
import { commandIn, reportOf } from '../command.ts'
import { aResult } from '../results-folder.ts'
import { aRun } from '../samples.ts'
import { started, violations } from './browser.ts'

const many = 2000
const hostile = `</script><script>document.title='taken'</script><img src=x onerror=alert(1)> "it's" <!--`
/** Runs of ten sessions of both commits, in turns; those of the second are 10 % slower. */
const commits = ['a'.repeat(40), 'b'.repeat(40)]

const [stage] = aRun().load.stages
const otherLoad = { ...aRun().load, stages: stage ? [{ ...stage, vus: 9 }] : [] }

let browser: Browser
let home = ''
let address = ''
const logged: string[] = []
const requested: string[] = []

const nameOf = (at: Date, scenario: string, index: number) =>
  `${at.toISOString().replace(/[-:]|\.\d+/g, '')}-${scenario}-${index.toString(16).padStart(8, '0')}`

before(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'las-results-'))
  const out = path.join(home, 'results')
  for (let index = 0; index < many; index++) {
    const at = new Date(Date.UTC(2026, 0, 1) + index * 60_000)
    const scenario = ['constant', 'arrival', 'soak'][index % 3] as string
    const turn = index < 20 ? index % 2 : null
    const noise = 1 + 0.01 * Math.sin(7 * index)
    await aResult(
      out,
      nameOf(at, turn === null ? scenario : 'constant', index),
      {
        scenario: turn === null ? scenario : 'constant',
        startedAt: at.toISOString(),
        commit: turn === null ? null : (commits[turn] as string),
        labels: index === 1999 ? { note: hostile } : { machine: `m${index % 7}` },
        ...(index === 1998 && { load: otherLoad }),
        ...(index === 1997 && { interrupted: true }),
      },
      { count: 1000 + (index % 50), failed: index % 100 === 0 ? 50 : 0, by: noise * (turn === 1 ? 1.1 : 1) },
    )
  }
  await mkdir(path.join(out, '20270101T000000Z-ramp-deadbeef'))
  const ended = await commandIn(home, ['results'], { LAS_RESULTS_DIR: 'results' })
  assert.equal(ended.code, 0, ended.stderr)
  const again = await commandIn(home, ['results'], { LAS_RESULTS_DIR: 'results' })
  const { size } = await stat(path.join(out, 'index.html'))
  console.log(
    `${many} runs: ${ended.stderr.split('\n')[0]}; again: ${again.stderr.split('\n')[0]}; ${size >> 10} KiB`,
  )
  address = pathToFileURL(path.join(out, 'index.html')).href
  browser = await started()
})
after(async () => {
  await browser?.close()
  await rm(home, { recursive: true })
})

async function opened(
  fragment = '',
  { colorScheme = 'light', width = 1280 }: { colorScheme?: 'light' | 'dark'; width?: number } = {},
): Promise<Page> {
  const page = await browser.newPage({ colorScheme, viewport: { width, height: 800 } })
  page.on('console', (message) => logged.push(message.text()))
  page.on('pageerror', (error) => logged.push(error.message))
  page.on('request', (request) => requested.push(request.url()))
  await page.goto(address + fragment)
  return page
}

const rows = (page: Page) => page.locator('#results tbody tr')
const found = (page: Page) => page.locator('#found').textContent()

test('opens with 2,000 runs, the newest first, and shows those of filter and search', async () => {
  const page = await opened()
  const timing = await page.evaluate<number>("performance.getEntriesByType('navigation')[0].loadEventEnd")
  console.log(`open in Chromium: ${Math.round(timing)} ms`)
  assert.equal(await found(page), '2001 entries')
  assert.equal(await rows(page).count(), 100)
  assert.match((await rows(page).first().textContent()) ?? '', /broken/)
  assert.equal(await page.title(), 'Results · load-and-stress')

  await page.selectOption('[name=scenario]', 'soak')
  assert.equal(await found(page), '660 of 2001 entries')
  await page.fill('[name=q]', 'machine=m3')
  const both = Number((await found(page))?.split(' ')[0])
  assert.ok(both > 80 && both < 110, `${both}`)
  assert.equal(new URL(page.url()).hash, '#q=machine%3Dm3&scenario=soak')
  await page.click('#reset')
  await page.selectOption('[name=verdict]', 'fail')
  assert.equal(await found(page), '20 of 2001 entries')
  await page.selectOption('[name=verdict]', '')
  await page.check('[name=valid]')
  assert.equal(await found(page), '1999 of 2001 entries')
  await page.click('[data-sort=p95]')
  const sorted = await rows(page)
    .locator('td:nth-child(5)')
    .evaluateAll((all) => all.map((each) => Number(each.textContent)))
  assert.deepEqual(
    sorted,
    [...sorted].sort((a, b) => b - a),
  )
  await page.click('#on')
  assert.equal(await page.locator('#place').textContent(), '2 of 20')
  await page.close()
})

test('two picked runs are a look with the command that would give a verdict, and the address keeps it', async () => {
  const page = await opened('#scenario=constant')
  await page.locator('[data-side=a]').nth(2).check()
  await page.locator('[data-side=b]').nth(5).check()
  await page.click('#compare')
  const text = (await page.locator('#sides').textContent()) ?? ''
  assert.match(text, /A look, no verdict: one run a side cannot tell a change from noise/)
  assert.match(text, /npm run scenario -- constant --label side=a/)
  assert.equal(await page.locator('#sides svg.drawing').count(), 1)
  const copy = await opened(new URL(page.url()).hash)
  assert.equal(await copy.locator('#sides').textContent(), text)
  assert.equal(await copy.locator('[data-side]:checked').count(), 2)
  assert.equal(await copy.locator('[name=scenario]').inputValue(), 'constant')
  await page.click('#swap')
  assert.notEqual(await page.locator('#sides').textContent(), text)
  await page.click('#none')
  assert.equal(await page.locator('#sides').isVisible(), false)
  await page.close()
  await copy.close()
})

test('runs of other loads are refused with the sentences of compare', async () => {
  const page = await opened()
  const [first, second] = ['20260101T000000Z-constant-00000000', '20260102T091800Z-constant-000007ce']
  await page.goto(`${address}#a=${first}&b=${second}&open=1`)
  const text = (await page.locator('#sides').textContent()) ?? ''
  assert.match(text, /The load differs: 8 VUs for 10 s in the baseline, 9 VUs for 10 s in the candidate/)
  assert.match(text, /Not compared/)
  assert.doesNotMatch(text, /B against A/)
  await page.close()
})

test('two groups are compared with the figures of the command, which the page names', async () => {
  const page = await opened('#commit=aaaaaaaaaa')
  await page.click('#all-a')
  await page.selectOption('[name=commit]', 'bbbbbbbbbb')
  await page.click('#all-b')
  await page.click('#compare')
  const shown = await page
    .locator('#sides table')
    .evaluateAll((all) =>
      all.map((table) =>
        [...table.querySelectorAll('tr')].map((row) => [...row.children].map((cell) => cell.textContent)),
      ),
    )
  const command = (await page.locator('#sides pre').textContent()) ?? ''
  const [, ...sides] = /'(.*)' '(.*)'$/.exec(command) ?? []
  const ended = await commandIn(home, ['compare', ...sides], { LAS_RESULTS_DIR: path.join(home, 'results') })
  assert.equal(ended.code, 1, ended.stderr)
  const { statistics } = await reportOf(home, ended.stderr)
  const tables = comparedBlocks(statistics.comparison as Comparison).flatMap((block) =>
    block.kind === 'table' ? [[[...block.heads], ...block.rows.map((row) => row.map(cellText))]] : [],
  )
  assert.deepEqual(shown, tables)
  assert.ok((shown[0]?.length ?? 0) > 4)
  assert.match((await page.locator('#sides .finding').last().textContent()) ?? '', /judgement: worse/)
  assert.equal(await page.locator('#sides svg.drawing').count(), 1)
  await page.close()
})

test('nothing of a label is taken for markup', async () => {
  const page = await opened('#q=onerror')
  assert.match((await found(page)) ?? '', /^1 of /)
  assert.ok((await rows(page).first().textContent())?.includes(hostile))
  assert.equal(await page.title(), 'Results · load-and-stress')
  assert.equal(await page.locator('img').count(), 0)
  await page.close()
})

test('a keyboard reaches search, picks and the comparison', async () => {
  const page = await opened('#scenario=constant')
  await page.locator('[data-side=a]').first().focus()
  await page.keyboard.press('Space')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  assert.equal(await page.locator('#picked').textContent(), 'A: 1 run · B: 0 runs')
  await page.locator('#compare').focus()
  await page.keyboard.press('Enter')
  assert.equal(await page.evaluate('document.activeElement.id'), 'sides-title')
  await page.close()
})

for (const colorScheme of ['light', 'dark'] as const)
  for (const width of [360, 1280])
    test(`axe finds nothing, and nothing is cut off: ${colorScheme}, ${width} px`, async () => {
      const [first, second] = ['20260101T000000Z-constant-00000000', '20260101T000200Z-constant-00000002']
      const page = await opened(`#a=${first}&b=${second}&open=1`, { colorScheme, width })
      assert.deepEqual(await violations(page), [])
      await page.goto(`${address}#commit=aaaaaaaaaa`)
      await page.click('#all-a')
      await page.selectOption('[name=commit]', 'bbbbbbbbbb')
      await page.click('#all-b')
      assert.deepEqual(await violations(page), [])
      const over = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
      assert.ok(over <= 0, `${over} px too wide`)
      await page.close()
    })

test('logs nothing and loads nothing but itself', () => {
  assert.deepEqual(logged, [])
  assert.deepEqual(
    requested.filter((url) => !url.startsWith(address) && !url.startsWith('data:')),
    [],
  )
})
