import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aClimb } from '../../../test/samples.ts'
import { statistics } from '../../runs/statistics.ts'
import { modelOf } from '../model.ts'
import { curvePanels } from './lines.ts'
import { plotOf } from './svg.ts'
import { textWidth, wrapped } from './text-width.ts'

const finding =
  'Saturates at 4 VUs: 290 requests/s at p95 77.7 ms; 16 VUs add 4 % of throughput and take 4.1 times as long.'

const about = { name: 'example', title: 'Throughput against concurrency', description: 'Rising.', finding }

const curves = (...labels: string[]) =>
  labels.map((label, index) => ({
    label,
    colour: '#498ff3',
    points: [
      { x: 1, y: 10 + index },
      { x: 4, y: 20 + 3 * index },
    ],
  }))

const drawn = (labels: readonly string[], limits: Parameters<typeof curvePanels>[1][number]['limits'] = []) =>
  plotOf(about, (width) =>
    curvePanels(width, [
      {
        height: 200,
        x: { label: 'VUs', type: 'log', domain: [1, 4], ticks: [1, 2, 4], words: String },
        y: { label: 'p95 (ms)' },
        curves: curves(...labels),
        limits,
      },
    ]),
  )

const texts = (svg = '') => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => text)

test('a long finding takes as many lines as the width needs, and its title stays', () => {
  const { svg, narrow = '' } = drawn(['a'])
  const lines = (of: string) => texts(of).slice(0, texts(of).indexOf('Throughput against concurrency'))
  for (const [of, width, count] of [
    [svg, 760, 2],
    [narrow, 360, 4],
  ] as const) {
    assert.equal(lines(of).join(' '), finding)
    assert.equal(lines(of).length, count)
    for (const line of lines(of)) assert.ok(textWidth(line, 15, true) <= width)
    assert.match(of, /<desc[^>]*>Saturates at 4 VUs.* Rising\.</)
  }
})

test('a word that is wider than the line is broken, and nothing is lost', () => {
  const path = `/${'orders/items/'.repeat(12)}`
  const lines = wrapped(`GET ${path}`, 360)
  assert.equal(lines.join(''), `GET${path}`)
  for (const line of lines) assert.ok(textWidth(line) <= 360)
})

test('both widths can be part of one page, and are the same bytes again', () => {
  for (const block of modelOf(statistics([aClimb('climb', [1000, 1900, 2500])])).blocks) {
    if (block.kind !== 'plot') continue
    const ids = [...`${block.svg}${block.narrow}`.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id)
    assert.equal(new Set(ids).size, ids.length)
    assert.match(block.narrow ?? '', /viewBox="0 0 360 /)
    assert.equal(
      block.svg.match(/font-size="12"/g)?.length,
      1 + (block.svg.match(/<svg class/g)?.length ?? 0),
    )
  }
  assert.deepEqual(drawn(['a', 'b']), drawn(['a', 'b']))
})

test('panels that do not depend on the width are drawn narrower', () => {
  const { svg, narrow } = plotOf(about, [{ height: 100, marks: [] }])
  assert.match(svg, /<svg class[^>]* width="760" height="100"/)
  assert.match(narrow ?? '', /<svg class[^>]* width="360" height="100"/)
})

test('clips, which Plot counts in the whole process, have names of their own', () => {
  const clipped = () =>
    plotOf(about, [{ height: 100, marks: curvePanels(760, [])[0]?.marks ?? [], clip: true }])
  assert.deepEqual(clipped(), clipped())
})

test('names too long for a phone are in a key there, and beside their curves on a page', () => {
  const { svg, narrow = '' } = drawn(['checkout of items', 'login'])
  assert.match(svg, /class="labels">.*>checkout of items</)
  assert.match(narrow, />checkout of items<.*<svg class/s)
  assert.doesNotMatch(narrow, /class="labels">.*>checkout of items</)
  assert.match(drawn(['p95', 'p99']).narrow ?? '', /class="labels">.*>p99</)
})

test('a limit is a line with its words, or a line of the key where it is far from all values', () => {
  const near = drawn(['a'], [{ words: 'p95 ≤ 25 ms', value: 25 }])
  assert.match(near.svg, /class="labels">.*>SLO p95 ≤ 25 ms</)
  assert.match(near.narrow ?? '', />SLO p95 ≤ 25 ms<.*class="labels">.*>SLO</s)
  const far = drawn(['a'], [{ words: 'p95 ≤ 2000 ms', value: 2000 }])
  assert.match(far.svg, />SLO p95 ≤ 2000 ms: above this axis<.*<svg class/s)
})
