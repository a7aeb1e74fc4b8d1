import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aScriptRun } from '../../test/samples.ts'
import { comparison } from '../runs/statistics.ts'
import { reportFiles, text } from './files.ts'

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
