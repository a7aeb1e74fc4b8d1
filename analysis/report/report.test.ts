import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DOMParser, type Element } from '@xmldom/xmldom'
import fc from 'fast-check'
import { aClimb, fixture, foreignScripts, summaryOf } from '../../test/samples.ts'
import type { Summary } from '../formats/summary.ts'
import { statistics } from '../runs/statistics.ts'
import { reportFiles, text } from './files.ts'
import { script } from './printers/page.ts'

const report = (...sources: Parameters<typeof statistics>[0]) => reportFiles(statistics(sources))
const file = (files: ReadonlyMap<string, string>, name: string) => {
  const content = files.get(name)
  assert.ok(content, `no ${name} among ${[...files.keys()].join(', ')}`)
  return content
}
const drawn = (svg: string) => new DOMParser().parseFromString(svg, 'image/svg+xml')

test('one run: a page, Markdown, the figures and three plots', () => {
  const files = report(aClimb('climb', [1000, 1900, 2500]))
  assert.deepEqual(
    [...files.keys()],
    [
      'index.html',
      'report.md',
      'comment.md',
      'statistics.json',
      'runs.csv',
      'junit.xml',
      'latency.svg',
      'saturation.svg',
      'timeline.svg',
    ],
  )
  const page = file(files, 'index.html')
  for (const [name, svg] of files) if (name.endsWith('.svg')) assert.ok(page.includes(svg))
  assert.doesNotMatch(
    page.replace(script, '').replaceAll('http://www.w3.org/', ''),
    /<link rel="stylesheet|src=|@import|url\(/,
  )
  assert.deepEqual(foreignScripts(page), [])
})

test('of an invalid run among several the figures are crossed out', () => {
  const cut = aClimb('cut', [1000, 1900])
  const page = file(
    report(aClimb('whole', [1000, 1900]), { ...cut, run: cut.run && { ...cut.run, interrupted: true } }),
    'index.html',
  )
  const rows = page.match(/<tr><th scope="row">.*?<\/tr>/gs)?.slice(0, 2) ?? []
  assert.deepEqual(
    rows.map((row) => [row.includes('>2,900<'), row.match(/class="crossed"/g)?.length ?? 0]),
    [
      [true, 0],
      [true, 10],
    ],
  )
  assert.match(page, /class="gist good">pass · 145\/s · p95 95 ms<[\s\S]*class="gist doubt">invalid</)
})

test('the same input gives the same bytes', () => {
  const once = report(aClimb('a', [10, 20]), aClimb('b', [30, 40, 50]))
  assert.deepEqual(report(aClimb('a', [10, 20]), aClimb('b', [30, 40, 50])), once)
})

describe('every plot', () => {
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
  // 1000, 2000 and 4000 of these are answered within the plateaus.
  const document = drawn(file(report(aClimb('climb', [1001, 2001, 3998])), 'saturation.svg'))
  const dots = [...document.getElementsByTagName('circle')].slice(0, 3)
  const at = (index: number, name: string) => Number(dots[index]?.getAttribute(name))
  // Doublings on a linear axis from zero: each rises above the previous one by that one’s height.
  const zero = 2 * at(0, 'cy') - at(1, 'cy')
  assert.ok(Math.abs(zero - (2 * at(1, 'cy') - at(2, 'cy'))) < 0.1)
  assert.ok(at(0, 'cx') < at(1, 'cx') && at(1, 'cx') < at(2, 'cx'))
})

test('several runs share one page, each named by a letter', () => {
  const files = report(aClimb('one', [100, 200]), aClimb('two', [150, 320]))
  assert.ok(!files.has('timeline.svg'))
  const page = file(files, 'index.html')
  for (const words of ['2 runs side by side', 'A · ramp · one', 'B · ramp · two'])
    assert.ok(page.includes(words), words)
  assert.match(file(files, 'latency.svg'), />A · one<.*>B · two</s)
  assert.match(
    file(files, 'report.md'),
    /# 2 runs side by side[\s\S]*## A · ramp · one[\s\S]*## B · ramp · two/,
  )
})

test('a name never turns into markup', () => {
  const nasty = fc.oneof(
    fc.string(),
    fc.constantFrom('<script>alert(1)</script>', '"><img src=x>', '| a | b', '&amp;'),
  )
  fc.assert(
    fc.property(nasty, nasty, (one, two) => {
      const files = report(aClimb(one, [10, 20]), aClimb(two, [10, 20]))
      const page = file(files, 'index.html')
      assert.deepEqual(foreignScripts(page), [])
      assert.doesNotMatch(page, /<img/)
      const rows =
        file(files, 'report.md')
          .split('\n\n')
          .find((part) => part.startsWith('| run |'))
          ?.split('\n') ?? []
      assert.deepEqual(
        rows.map((row) => row.match(/(?<!\\)\|/g)?.length),
        [13, 13, 13, 13],
      )
    }),
    { numRuns: 30 },
  )
})

test('figures of any size are drawn inside the plot', () => {
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

test('a run without figures still has a page, with the reason', () => {
  const { run } = aClimb('torn', [10])
  const files = report({ name: 'torn', run, summary: { kind: 'unreadable', reason: 'not whole JSON' } })
  assert.deepEqual(
    [...files.keys()],
    ['index.html', 'report.md', 'comment.md', 'statistics.json', 'runs.csv', 'junit.xml'],
  )
  assert.match(file(files, 'index.html'), /invalid[\s\S]*no figures: summary\.json: not whole JSON/)
})

test('the bare summary of another script becomes a page', () => {
  const summary = { kind: 'summary', summary: summaryOf(fixture('0.52.0-export.json')) } as const
  const files = report({ name: 'mine.json', run: null, summary })
  assert.ok(files.has('latency.svg'))
  assert.match(file(files, 'index.html'), /only k6’s own thresholds are judged/)
})

test('the times that the workload reports have their own table', () => {
  const source = aClimb('climb', [1000, 1900])
  assert.doesNotMatch(file(report(source), 'index.html'), /Inside the workload/)
  const { summary } = source.summary as { summary: Summary }
  const timing = (name: string, scale: number, tags = {}) => ({
    name,
    tags,
    values: { count: 1000, med: scale, 'p(95)': 2 * scale },
  })
  const metrics = [
    ...summary.metrics,
    timing('server_queue', 3),
    timing('server_work', 5),
    timing('server_queue', 1, { stage: '1' }),
    timing('server_work', 4, { stage: '1' }),
  ]
  const files = report({ ...source, summary: { kind: 'summary', summary: { ...summary, metrics } } })
  assert.match(file(files, 'report.md'), /^\| stage 1 · 1 VU \| 50 \| 1 \| 4 \| 95 \| 2 \| 8 \|$/m)
  assert.match(file(files, 'report.md'), /^\| stage 2 · 2 VUs \| 50 \| – \| – \| 95 \| – \| – \|$/m)
  assert.match(file(files, 'report.md'), /^\| all \| 50 \| 3 \| 5 \| 95 \| 6 \| 10 \|$/m)
  assert.match(file(files, 'index.html'), /Inside the workload/)
  assert.match(file(files, 'report.md'), /are of 1,000 of the 2,900 answers, chosen at random/)
})

test('the latency from the intended start has its own table', () => {
  const source = aClimb('climb', [1000])
  const { summary } = source.summary as { summary: Summary }
  const values = { count: 1000, med: 51, 'p(95)': 196, 'p(99)': 700, max: 800 }
  const metrics = [...summary.metrics, { name: 'latency_intended', tags: {}, values }]
  const files = report({ ...source, summary: { kind: 'summary', summary: { ...summary, metrics } } })
  assert.match(file(files, 'report.md'), /^\| all \| 50 \| 51 \| 95 \| 196 \| 99 \| 700 \| 100 \| 800 \|$/m)
  assert.match(file(files, 'index.html'), /<h2>Latency from intended start</)
})

test('the table for the terminal is aligned and at most 80 characters wide', () => {
  const lines = text(statistics([aClimb('climb', [1000, 1900, 123_456])])).split('\n')
  const [head = '', ...rows] = lines.slice(4, 9)
  const stages = rows.slice(0, 3)
  assert.deepEqual(
    stages.map(({ length }) => length),
    [head.length, head.length, head.length],
    lines.join('\n'),
  )
  // The row of the run has no last cell.
  assert.equal(rows[3]?.length, head.indexOf('p99 ms') + 'p99 ms'.length, lines.join('\n'))
  assert.ok(head.length <= 80)
})
