import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseResources } from './resources.ts'

test('quantities of CPU and memory are read as Kubernetes writes them', () => {
  const known: [string, number | null][] = [
    ['200m', 0.2],
    ['0.5', 0.5],
    ['1', 1],
    ['2', 2],
    ['.5', 0.5],
    ['100u', 0.0001],
    ['1495432n', 0.001495432],
    ['64Mi', 67_108_864],
    ['1Ki', 1024],
    ['1.5Gi', 1_610_612_736],
    ['128974848', 128_974_848],
    ['129e6', 129_000_000],
    ['129M', 129_000_000],
    ['1E', 1e18],
    ['1e3', 1000],
    ['1k', 1000],
    ['2G', 2_000_000_000],
    ['', null],
    ['m', null],
    ['many', null],
    ['-1', null],
    ['1Mb', null],
    ['1 Gi', null],
    ['1e', null],
  ]
  for (const [text, value] of known) assert.equal(parseResources(text), value, text)
})
