import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import type { Source } from '../../analysis/formats/read.ts'
import type { Plot } from '../../analysis/report/blocks.ts'
import type { HistoryReport } from '../../analysis/report/history.ts'
import { modelOf } from '../../analysis/report/model.ts'
import { textWidth } from '../../analysis/report/plots/text-width.ts'
import { runStatistics } from '../../analysis/run/statistics.ts'
import { alarmsOf } from '../../analysis/runs/alarms.ts'
import { seriesOf } from '../../analysis/runs/history.ts'
import { breakpointStatistics, type Statistics, statistics } from '../../analysis/runs/statistics.ts'
import { aClimb, aNight } from '../samples.ts'
import { started, violations } from './browser.ts'

const slos = [
  { figure: 'p95', limit: 120 },
  { figure: 'rate', limit: 150 },
]

type Change = { readonly offered?: number; readonly replicas?: number }

function run(name: string, counts: readonly number[], { offered, replicas }: Change = {}): Source {
  const source = aClimb(name, counts)
  assert.ok(source.run)
  const { load, target } = source.run
  const stages = load.stages.map((stage) => ({ ...stage, offered: offered ?? null }))
  return {
    ...source,
    run: {
      ...source.run,
      slos,
      load: { ...load, stages },
      target: {
        ...target,
        replicas: replicas ?? null,
        cluster: replicas
          ? {
              nodes: 2,
              image: 'workload:1',
              cpuLimit: '200m',
              memoryLimit: '192Mi',
              scaling: [
                { atMs: -500, wanted: 1, ready: 1 },
                { atMs: 12_000, wanted: replicas + 1, ready: 1 },
                { atMs: 16_000, wanted: replicas, ready: replicas },
              ],
              pods: [],
            }
          : null,
      },
    },
  }
}

const probes = [100, 200, 400, 283, 238, 259, 271, 277, 280, 278, 280, 278, 281].map((rate, index) =>
  runStatistics(run(`probe-${index}`, [rate > 278 ? 1000 : rate * 10], { offered: rate })),
)
const nights = Array.from({ length: 40 }, (_, index) => {
  const p95 = (index >= 32 ? 8 : 7) + (index % 5) / 10
  return aNight(index, [p95 - 0.1, p95, p95 + 0.2], {
    environment: { CPU: index < 5 ? 'an old CPU × 4' : 'a CPU × 4' },
  })
})
const series = seriesOf(nights)

const reports: Record<string, Statistics | HistoryReport> = {
  'a ramp': statistics([run('ramp', [1000, 1950, 2900, 2950, 3010])]),
  'a ramp on a cluster': statistics([run('cluster', [1000, 1950, 2900], { replicas: 4 })]),
  'twelve runs': statistics(
    Array.from({ length: 12 }, (_, index) =>
      run(`20260102T0304${10 + index}Z-ramp-abcd`, [1000 + 30 * index, 1900, 2500]),
    ),
  ),
  'a search': breakpointStatistics(probes, { start: 100, precision: 0.01, repeat: 2 }),
  'a sweep': statistics(
    [1, 2, 4, 8].flatMap((replicas) =>
      [0.98, 1, 1.01, 0.99, 1.02].map((noise, index) =>
        run(`r${replicas}-${index}`, [Math.round((noise * 1000 * replicas) / (1 + 0.05 * (replicas - 1)))], {
          replicas,
        }),
      ),
    ),
  ),
  'a history': {
    kind: 'history',
    nights,
    series,
    alarms: alarmsOf(series, []),
    comparison: null,
    remarks: [],
  },
}

let browser: Browser
before(async () => {
  browser = await started()
})
after(async () => browser?.close())

type Box = { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number }
type Text = {
  readonly words: string
  readonly size: string
  readonly family: string
  readonly bold: boolean
  readonly box: Box
  readonly frame: Box
}

const textsOf = (page: Page): Promise<Text[]> =>
  page.locator('figure > svg').evaluateAll((all) =>
    all.flatMap((svg) =>
      [...svg.querySelectorAll('text,tspan')]
        .filter((each) => each.childElementCount === 0 && each.textContent?.trim())
        .map((each) => {
          const view = svg.ownerDocument.defaultView as unknown as {
            getComputedStyle: (of: unknown) => Record<string, string>
          }
          const { fontSize: size = '', fontFamily: family = '', fontWeight } = view.getComputedStyle(each)
          return {
            words: each.textContent ?? '',
            size,
            family,
            bold: Number(fontWeight) >= 600,
            box: each.getBoundingClientRect().toJSON(),
            frame: svg.getBoundingClientRect().toJSON(),
          }
        }),
    ),
  )

const overlap = ({ box: a }: Text, { box: b }: Text): boolean =>
  Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
  Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4

for (const [name, data] of Object.entries(reports)) {
  const plots = modelOf(data).blocks.flatMap((block): readonly Plot[] =>
    block.kind === 'plot' ? [block] : block.kind === 'choice' ? block.plots : [],
  )
  const page = async (width: number, drawn: (plot: Plot) => string) => {
    const opened = await browser.newPage({ viewport: { width, height: 900 } })
    const figures = plots.map((plot) => `<figure style="margin:0">${drawn(plot)}</figure>`)
    await opened.setContent(
      `<!doctype html><html lang="en"><title>plots</title><body style="margin:0"><main><h1>Plots</h1>${figures.join('')}</main>`,
    )
    return opened
  }
  describe(`plots of ${name}`, () => {
    for (const width of [760, 360])
      test(`at ${width} px: every text is read`, async () => {
        const opened = await page(width, ({ svg, narrow = '' }) => (width === 760 ? svg : narrow))
        const texts = await textsOf(opened)
        assert.ok(texts.length > 10)
        // The title of each is 15 px; nothing is scaled.
        const sizes = texts.filter(({ size }) => size !== '12px' && size !== '15px')
        assert.deepEqual(sizes, [])
        assert.ok(texts.filter(({ size }) => size === '15px').length <= 4 * plots.length)
        assert.deepEqual([...new Set(texts.map(({ family }) => family))], ['system-ui, sans-serif'])
        for (const { frame } of texts) assert.equal(frame.right - frame.left, width)
        const outside = texts.filter(({ box, frame }) => box.right > frame.right || box.left < frame.left)
        assert.deepEqual(
          outside.map(({ words }) => words),
          [],
        )
        const covered = texts.filter((text, index) =>
          texts.slice(index + 1).some((next) => overlap(text, next)),
        )
        assert.deepEqual(
          covered.map(({ words }) => words),
          [],
        )
        // What is placed by an estimate of its width is no wider.
        for (const { words, size, bold, box } of texts)
          assert.ok(
            box.right - box.left <= 1.06 * textWidth(words, Number.parseFloat(size), bold) + 1,
            `${words}: ${box.right - box.left}`,
          )
        await opened.close()
      })
    test('both widths in one page have no violation', async () => {
      const opened = await page(1200, ({ svg, narrow = '' }) => svg + narrow)
      assert.deepEqual(await violations(opened), [])
      await opened.close()
    })
  })
}
