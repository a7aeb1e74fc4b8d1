import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DOMParser, type Element } from '@xmldom/xmldom'
import fc from 'fast-check'
import { aClimb, fixture, summaryOf } from '../../test/samples.ts'
import type { Summary } from '../formats/summary.ts'
import { statistics } from '../runs/statistics.ts'
import { reportFiles } from './report.ts'
import { text } from './text.ts'

const report = (...sources: Parameters<typeof statistics>[0]) => reportFiles(statistics(sources))
const file = (files: ReadonlyMap<string, string>, name: string) => {
  const content = files.get(name)
  assert.ok(content, `no ${name} among ${[...files.keys()].join(', ')}`)
  return content
}
const drawn = (svg: string) => new DOMParser().parseFromString(svg, 'image/svg+xml')

test('one run: a page, Markdown, the figures and three pictures', () => {
  const files = report(aClimb('climb', [1000, 1900, 2500]))
  assert.deepEqual(
    [...files.keys()],
    [
      'index.html',
      'report.md',
      'statistics.json',
      'runs.csv',
      'latency.svg',
      'saturation.svg',
      'timeline.svg',
    ],
  )
  const page = file(files, 'index.html')
  for (const [name, svg] of files) if (name.endsWith('.svg')) assert.ok(page.includes(svg))
  assert.doesNotMatch(
    page.replaceAll('http://www.w3.org/', ''),
    /<script|<link rel="stylesheet|src=|@import|url\(/,
  )
})

test('the same input gives the same bytes', () => {
  const once = report(aClimb('a', [10, 20]), aClimb('b', [30, 40, 50]))
  assert.deepEqual(report(aClimb('a', [10, 20]), aClimb('b', [30, 40, 50])), once)
})

describe('every picture', () => {
  for (const [name, svg] of report(aClimb('climb', [1000, 1900, 2500]))) {
    if (!name.endsWith('.svg')) continue
    test(`${name} has a title, a description, units and colours for light and dark`, () => {
      const document = drawn(svg)
      const root = document.documentElement as Element
      const named = root.getAttribute('aria-labelledby')?.split(' ') ?? []
      assert.equal(named.length, 2)
      for (const id of named) assert.ok((document.getElementById(id)?.textContent ?? '').length > 10)
      assert.match(root.textContent ?? '', /\((ms|s|requests\/s|VUs)\)/)
      assert.match(svg, /prefers-color-scheme:dark/)
      assert.doesNotMatch(svg, /NaN|Infinity|undefined/)
    })
  }
})

test('a curve passes where the figures are', () => {
  const document = drawn(file(report(aClimb('climb', [1000, 2000, 4000])), 'saturation.svg'))
  const dots = [...document.getElementsByTagName('circle')].slice(0, 3)
  const at = (index: number, name: string) => Number(dots[index]?.getAttribute(name))
  // Doublings on a linear axis from zero: each rises as far above the one before as that stands above zero.
  const zero = 2 * at(0, 'cy') - at(1, 'cy')
  assert.ok(Math.abs(zero - (2 * at(1, 'cy') - at(2, 'cy'))) < 0.1)
  assert.ok(at(0, 'cx') < at(1, 'cx') && at(1, 'cx') < at(2, 'cx'))
})

test('several runs share one page and are told apart by letters', () => {
  const files = report(aClimb('one', [100, 200]), aClimb('two', [150, 320]))
  assert.ok(!files.has('timeline.svg'))
  const page = file(files, 'index.html')
  for (const words of ['2 runs side by side', 'A · one', 'B · two']) assert.ok(page.includes(words), words)
  assert.match(file(files, 'latency.svg'), />A {2}one<.*>B {2}two</s)
  assert.match(file(files, 'report.md'), /# Runs side by side[\s\S]*## A: ramp · one[\s\S]*## B: ramp · two/)
})

test('whatever a run is called, it is text', () => {
  const nasty = fc.oneof(
    fc.string(),
    fc.constantFrom('<script>alert(1)</script>', '"><img src=x>', '| a | b', '&amp;'),
  )
  fc.assert(
    fc.property(nasty, nasty, (one, two) => {
      const files = report(aClimb(one, [10, 20]), aClimb(two, [10, 20]))
      assert.doesNotMatch(file(files, 'index.html'), /<script|<img/)
      const [, , row = ''] = file(files, 'report.md').split('\n\n')[1]?.split('\n') ?? []
      assert.equal(row.match(/(?<!\\)\|/g)?.length, 14)
    }),
    { numRuns: 30 },
  )
})

test('figures of any size are drawn inside the picture', () => {
  const counts = fc.array(fc.integer({ min: 0, max: 1e9 }), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(counts, (perStage) => {
      for (const [name, svg] of report(aClimb('x', perStage))) {
        if (name.endsWith('.svg')) assert.doesNotMatch(svg, /NaN|Infinity|undefined/)
      }
    }),
    { numRuns: 30 },
  )
})

test('a run without figures still has a page, which says why', () => {
  const { run } = aClimb('torn', [10])
  const files = report({ name: 'torn', run, summary: { kind: 'unreadable', reason: 'not whole JSON' } })
  assert.deepEqual([...files.keys()], ['index.html', 'report.md', 'statistics.json', 'runs.csv'])
  assert.match(file(files, 'index.html'), /invalid[\s\S]*no figures: summary\.json: not whole JSON/)
})

test('somebody’s own summary becomes a page with what it has', () => {
  const summary = { kind: 'summary', summary: summaryOf(fixture('0.52.0-export.json')) } as const
  const files = report({ name: 'mine.json', run: null, summary })
  assert.ok(files.has('latency.svg'))
  assert.match(file(files, 'index.html'), /only k6’s own thresholds are judged/)
})

test('what the workload said of where the time went has a table of its own', () => {
  const source = aClimb('climb', [1000, 1900])
  assert.doesNotMatch(file(report(source), 'index.html'), /Inside the workload/)
  const { summary } = source.summary as { summary: Summary }
  const told = (name: string, scale: number, tags = {}) => ({
    name,
    tags,
    values: { count: 1000, med: scale, 'p(95)': 2 * scale },
  })
  const metrics = [
    ...summary.metrics,
    told('server_queue', 3),
    told('server_work', 5),
    told('server_queue', 1, { stage: '1' }),
    told('server_work', 4, { stage: '1' }),
  ]
  const files = report({ ...source, summary: { kind: 'summary', summary: { ...summary, metrics } } })
  assert.match(file(files, 'report.md'), /^\| stage 1 · 1 VU \| 50 \| 1 \| 4 \| 95 \| 2 \| 8 \|$/m)
  assert.match(file(files, 'report.md'), /^\| stage 2 · 2 VUs \| 50 \| – \| – \| 95 \| – \| – \|$/m)
  assert.match(file(files, 'report.md'), /^\| all \| 50 \| 3 \| 5 \| 95 \| 6 \| 10 \|$/m)
  assert.match(file(files, 'index.html'), /Inside the workload/)
})

test('the table of the terminal stands in columns of at most 80 characters', () => {
  const lines = text(statistics([aClimb('climb', [1000, 1900, 123_456])])).split('\n')
  const widths = lines.slice(1, 6).map(({ length }) => length)
  assert.equal(new Set(widths).size, 1, lines.join('\n'))
  assert.ok((widths[0] ?? 99) <= 80)
})
