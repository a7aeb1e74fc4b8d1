import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { aScriptRun } from '../../test/samples.ts'
import { changes, sides } from '../../test/sides.ts'
import { comparison } from '../runs/statistics.ts'
import { reportFiles, text } from './files.ts'
import { modelOf } from './model.ts'

const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`/shop/page-${index}`, 1]))
const side = (which: 'a' | 'b', names: Readonly<Record<string, number>>) =>
  Array.from({ length: 5 }, (_, index) => aScriptRun(which, index, { names }))
const figures = comparison(side('a', many), side('b', { ...many, checkout: 2, '/shop/page-7': 3 }))
const files = reportFiles(figures)
const file = (name: string) => files.get(name) ?? ''

test('the names that are worse come first, the most changed one before the others, in every format', () => {
  const words = /Worse: p95 of \/shop\/page-7 \+[\d.]+ % \(\+[\d.]+ % to \+[\d.]+ %\), p95 of checkout \+/
  assert.match(text(figures), new RegExp(`^judgement: worse\\n {2}${words.source}`, 'm'))
  assert.match(file('report.md').replaceAll('\\', ''), words)
  assert.match(file('index.html'), words)
  assert.match(file('index.html'), /judged as without the 23 figures of parts of it/)
})

test('every figure is a case for CI, and a row of the table', () => {
  const cases = [...file('junit.xml').matchAll(/<testcase [^>]*name="(p95\{[^"]*)"/g)]
  assert.equal(cases.length, 23)
  assert.match(file('junit.xml'), /name="p95\{name:checkout\}"><failure message="p95 of checkout is \+/)
  assert.equal([...file('index.html').matchAll(/p95\{name:[^}]*\} \(ms\)/g)].length, 23)
})

test('the plot has the ten names that changed most for the worse', () => {
  const drawn = [...file('comparison.svg').matchAll(/>(p95 of [^<]*)<\/text>/g)].map(([, label]) => label)
  assert.equal(drawn.length, 10)
  assert.deepEqual(drawn.slice(0, 2), ['p95 of /shop/page-7', 'p95 of checkout'])
})

describe('the page', () => {
  const failed = (place: number) => (place === 3 ? 100 : 0)
  const compared = comparison(...sides(10, { change: changes.tail, drift: 0.15, failed }))
  const files = reportFiles(compared)
  const { blocks } = modelOf(compared)

  test('has the finding first, then pictures, then tables, then the runs', () => {
    const names = blocks.map((block) =>
      block.kind === 'details' ? 'a run' : 'name' in block ? block.name : block.kind,
    )
    assert.deepEqual(
      [...new Set(names)],
      [
        'finding',
        'comparison',
        'Change by percentile',
        'strip',
        'Distribution of latency',
        'constant',
        'list',
        'Every run',
        'a run',
      ],
    )
    const views = blocks.flatMap((block) =>
      block.kind === 'choice' ? [block.plots.map(({ name }) => name)] : [],
    )
    assert.deepEqual(views, [
      ['shift', 'shift-ms'],
      ['latency', 'histogram', 'cumulative'],
    ])
  })

  test('says which kind of change it is, how sure the band is, and that the machine drifted', () => {
    const shift = files.get('shift.svg') ?? ''
    assert.match(shift, />Only the tail: p9[89] and above/)
    assert.match(shift, /band: all of the curve lies in it, with 95(\.\d)? % confidence/)
    assert.match(files.get('strip.svg') ?? '', />Both sides drifted up by/)
  })

  test('marks the run that failed with a cross, and none where all is well', () => {
    const crosses = (svg = '') => [...svg.matchAll(/>×<\/text>/g)].length
    assert.equal(crosses(files.get('strip.svg')), 1)
    assert.match(files.get('strip.svg') ?? '', /× invalid or failed run/)
    const well = reportFiles(comparison(...sides(5)))
    assert.equal(crosses(well.get('strip.svg')), 0)
    assert.doesNotMatch(well.get('strip.svg') ?? '', /× invalid/)
  })

  test('the forest plot has ticks on both halves, and its rows end with their judgement', () => {
    const svg = files.get('comparison.svg') ?? ''
    const texts = [...svg.matchAll(/>([^<>]+)<\/text>/g)].map(([, words]) => words)
    for (const tick of [/^÷/, /^same$/, /^×/])
      assert.ok(
        texts.some((words) => tick.test(words ?? '')),
        tick.source,
      )
    assert.ok(texts.some((words) => /^\+\d.* % \(.* to .* %\) worse$/.test(words ?? '')))
  })
})

test('a comparison of runs whose summaries have few percentiles has no curves, and still its table', () => {
  const bare = (which: 'a' | 'b') => Array.from({ length: 5 }, (_, index) => aScriptRun(which, index))
  const names = [...reportFiles(comparison(bare('a'), bare('b'))).keys()]
  assert.ok(names.includes('comparison.svg') && names.includes('strip.svg'))
  const one = (which: 'a' | 'b') =>
    bare(which).map((run) => ({ ...run, percentiles: run.percentiles.slice(0, 2) }))
  const without = [...reportFiles(comparison(one('a'), one('b'))).keys()]
  assert.ok(!without.includes('shift.svg') && !without.includes('histogram.svg'))
})
