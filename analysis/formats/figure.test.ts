import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { figureName, figurePhrase, parseFigures } from './figure.ts'

test('figures are read as they are written, with commas and braces in a name', () => {
  const text =
    'p50{name:checkout},errors{name:pay}, p95{group:::purchase},rate{check:is 200, paid},p95{name:/item/\u0024{}},mean{metric:score}:higher'
  const read = parseFigures(text)
  assert.ok(typeof read !== 'string', String(read))
  assert.deepEqual(
    read.map(({ figure, tag, value, better }) => [figure, tag, value, better]),
    [
      ['p50', 'name', 'checkout', null],
      ['errors', 'name', 'pay', null],
      ['p95', 'group', '::purchase', null],
      ['rate', 'check', 'is 200, paid', null],
      ['p95', 'name', '/item/\u0024{}', null],
      ['mean', 'metric', 'score', 'higher'],
    ],
  )
  assert.deepEqual(parseFigures('none'), [])
  assert.equal(parseFigures('p95{name:a},p95{name:a}').length, 1)
})

test('what is no figure is named in one sentence with what there is', () => {
  for (const [text, words] of [
    ['p95', /"p95" is not a figure; write p95\{name:checkout\}/],
    ['p95{nmae:checkout}', /"p95\{nmae:checkout\}" is not a figure/],
    ['p42{name:checkout}', /of a name there are mean, p50, p90, p95, p99, rate, errors/],
    ['p95{check:paid}', /of a check there are rate$/],
    ['errors{group:purchase}', /of a group there are mean, p50/],
    ['p95{name:}', /is not a figure/],
    ['', /no figure is named/],
  ] as const)
    assert.match(String(parseFigures(text)), words, text)
})

test('any names are read back', () => {
  const name = fc.stringMatching(/^[\w/:. -]{1,20}$/).map((value) => `x${value}x`)
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 5 }), (names) => {
      const written = [...new Set(names)].map((value) => `p95{name:${value}}`)
      const read = parseFigures(written.join(','))
      assert.deepEqual(typeof read === 'string' ? read : read.map(figureName), written)
    }),
  )
})

test('a figure is said in words', () => {
  assert.deepEqual(
    ['p95', 'p95{name:checkout}', 'mean{scenario:buy}', 'p95{group:::shop::pay}', 'rate{check:paid}'].map(
      figurePhrase,
    ),
    ['p95', 'p95 of checkout', 'mean of scenario buy', 'p95 of group shop › pay', 'rate of check paid'],
  )
})
