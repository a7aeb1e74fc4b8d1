import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compact } from './compact.ts'

/** The points of a path with relative steps. */
function points(path: string): [x: number, y: number][] {
  let [x, y] = [0, 0]
  return [...path.matchAll(/([Ml])(-?[\d.]+)[ ]?(-?[\d.]+)/g)].map(([, letter, dx, dy]) => {
    ;[x, y] = letter === 'M' ? [Number(dx), Number(dy)] : [x + Number(dx), y + Number(dy)]
    return [x, y]
  })
}

test('every point of a compact path is where it was, to half of a tenth of a pixel', () => {
  const coordinate = fc.float({ min: -50, max: 800, noNaN: true }).map((value) => Number(value.toFixed(3)))
  fc.assert(
    fc.property(fc.array(fc.tuple(coordinate, coordinate), { minLength: 1, maxLength: 50 }), (line) => {
      const path = `M${line.map((point) => point.join(',')).join('L')}Z`
      const [, short = ''] = / d="([^"]+)"/.exec(compact(`<path d="${path}">`)) ?? []
      const found = points(short)
      assert.equal(found.length, line.length)
      assert.ok(short.endsWith('Z'), short)
      for (const [index, [x, y]] of found.entries()) {
        const [wantedX, wantedY] = line[index] as [number, number]
        assert.ok(
          Math.abs(x - wantedX) < 0.051 && Math.abs(y - wantedY) < 0.051,
          `${x},${y} for ${line[index]}`,
        )
      }
    }),
  )
})

test('a curve of many points, which are near each other, takes half of the bytes', () => {
  const line = Array.from({ length: 200 }, (_, index) => [index * 3.7123, 200 + 150 * Math.sin(index / 20)])
  const path = `<path d="M${line.map((point) => point.map((place) => place.toFixed(3)).join(',')).join('L')}">`
  assert.ok(compact(path).length < path.length / 2, `${compact(path).length} of ${path.length}`)
})

test('curves, and all else, stay as they are', () => {
  for (const svg of ['<path d="M0,0A3,3,0,1,1,6,0">', '<g id="a"></g>', '<path d="">'])
    assert.equal(compact(svg), svg)
})
