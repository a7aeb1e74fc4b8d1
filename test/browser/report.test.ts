import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import type { Source } from '../../analysis/formats/read.ts'
import { parseSummary } from '../../analysis/formats/summary.ts'
import { reportFiles } from '../../analysis/report/files.ts'
import { runStatistics } from '../../analysis/run/statistics.ts'
import { alarmsOf } from '../../analysis/runs/alarms.ts'
import { seriesOf } from '../../analysis/runs/history.ts'
import { comparison, statistics } from '../../analysis/runs/statistics.ts'
import { aClimb, aNight } from '../samples.ts'
import { started, violations } from './browser.ts'

const shop = path.join(import.meta.dirname, '../fixtures/scripts/2.2.0-shop.json')

/** A run on a cluster with `replicas` replicas and their number over time. */
function onCluster(name: string, replicas: number): Source {
  const source = aClimb(name, [1000, 1900 * replicas, 2500])
  const { run } = source
  assert.ok(run)
  const scaling = [
    { atMs: -500, wanted: 1, ready: 1 },
    { atMs: 12_000, wanted: replicas + 1, ready: 1 },
    { atMs: 16_000, wanted: replicas, ready: replicas },
  ]
  const pods = Array.from({ length: replicas }, (_, index) => ({
    name: `workload-5f6d8c-${index}`,
    node: 'node1',
    served: 900 + 200 * index,
    cpuCores: 0.2,
  }))
  const cluster = { nodes: 2, image: 'workload:1', cpuLimit: '200m', memoryLimit: '192Mi', scaling, pods }
  return { ...source, run: { ...run, target: { ...run.target, replicas, cluster } } }
}

/** Five runs of one side of a comparison, in turns with the other. */
const side = (name: string, from: number, factor: number) =>
  [1000, 1010, 990, 1005, 995].map((count, index) => {
    const source = aClimb(`${name}-${index}`, [count * factor, 1900 * factor])
    assert.ok(source.run)
    const startedAt = new Date(Date.UTC(2026, 0, 1, 0, from + 2 * index)).toISOString()
    return runStatistics({ ...source, run: { ...source.run, startedAt } })
  })

/** Nights on two machines; the last three are worse. */
const nights = Array.from({ length: 30 }, (_, index) => {
  const p95 = (index >= 27 ? 115 : 100) + (index % 5)
  const environment = { CPU: index < 5 ? 'an old CPU × 4' : 'a CPU × 4' }
  return aNight(index, [p95 - 1, p95, p95 + 2], { environment, commit: `${index}`.padStart(40, 'a') })
})
const series = seriesOf(nights)

const reports = {
  'a comparison': reportFiles(comparison(side('old', 0, 1), side('new', 1, 0.8))),
  'a sweep with a fitted law': reportFiles(
    statistics(
      [1, 2, 4, 8].flatMap((replicas) =>
        [0.98, 1, 1.01, 0.99, 1.02].map((noise, index) => {
          const requests = Math.round((noise * 1000 * replicas) / (1 + 0.05 * (replicas - 1)))
          const source = aClimb(`r${replicas}-${index}`, [requests])
          assert.ok(source.run)
          return { ...source, run: { ...source.run, target: { ...source.run.target, replicas } } }
        }),
      ),
    ),
  ),
  'one run': reportFiles(statistics([aClimb('one', [1000, 1900, 2500])])),
  'two runs': reportFiles(statistics([aClimb('one', [1000, 1900]), aClimb('two', [1200, 1950])])),
  'a run on a cluster': reportFiles(statistics([onCluster('cluster', 4)])),
  'a sweep': reportFiles(
    statistics([1, 1, 2, 2, 4, 4].map((replicas, index) => onCluster(`run-${index}`, replicas))),
  ),
  'a history': reportFiles({
    kind: 'history',
    nights,
    series,
    alarms: alarmsOf(series, []),
    comparison: null,
    remarks: [],
  }),
  'somebody else’s script': reportFiles(
    statistics([{ name: 'shop', run: null, summary: parseSummary(await readFile(shop, 'utf8')) }]),
  ),
  'a run without figures': reportFiles(
    statistics([
      { ...aClimb('torn', [10]), summary: { kind: 'unreadable', reason: 'not whole JSON' } as const },
    ]),
  ),
}

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

for (const [name, files] of Object.entries(reports)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    describe(`the page of ${name}, ${colorScheme}`, () => {
      test('shows every plot, logs nothing, loads nothing, and has no axe violation', async () => {
        const file = path.join(folder, `${name}.html`)
        await writeFile(file, files.get('index.html') ?? '')
        const page = await browser.newPage({ colorScheme, viewport: { width: 1000, height: 900 } })
        const logged: string[] = []
        const requested: string[] = []
        page.on('console', (message) => logged.push(message.text()))
        page.on('pageerror', (error) => logged.push(error.message))
        page.on('request', (request) => requested.push(request.url()))
        const address = pathToFileURL(file).href
        await page.goto(address)

        const pictures = [...files.keys()].filter((each) => each.endsWith('.svg'))
        const boxes = await page.locator('figure > svg').evaluateAll((all) =>
          all.map((svg) => {
            const { width, height } = svg.getBoundingClientRect()
            return { width, height, marks: svg.querySelectorAll('path,rect,circle,line').length }
          }),
        )
        assert.equal(boxes.length, pictures.length)
        for (const { width, height, marks } of boxes) assert.ok(width > 500 && height > 150 && marks > 5)

        // Text is unreadable where other text covers it or it leaves its picture.
        const unreadable = await page.locator('figure > svg').evaluateAll((all) =>
          all.flatMap((svg) => {
            const frame = svg.getBoundingClientRect()
            const texts = [...svg.querySelectorAll('text,tspan')]
              .filter((each) => each.childElementCount === 0 && each.textContent?.trim())
              .map((each) => ({ words: each.textContent ?? '', box: each.getBoundingClientRect() }))
            const outside = texts.filter(
              ({ box }) => box.right > frame.right + 1 || box.left < frame.left - 1,
            )
            const covered = texts.filter(({ box: a }, index) =>
              texts
                .slice(index + 1)
                .some(
                  ({ box: b }) =>
                    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 &&
                    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4,
                ),
            )
            return [...outside, ...covered].map(({ words }) => words)
          }),
        )
        assert.deepEqual(unreadable, [])

        assert.deepEqual(await violations(page), [])
        assert.deepEqual(logged, [])
        assert.deepEqual(
          requested.filter((url) => url !== address && !url.startsWith('data:')),
          [],
        )
        await page.close()
      })
    })
  }
}
