import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { labelGap, leaders } from './labels.ts'

type Point = { readonly x: number; readonly y: number }
const frame = { right: 600, top: 28, bottom: 322 }

/** From a point to a line of straight pieces. */
const distance = ({ x, y }: Point, line: readonly Point[]): number =>
  Math.min(
    ...line.slice(1).map((to, index) => {
      const from = line[index] as Point
      const [dx, dy] = [to.x - from.x, to.y - from.y]
      const square = dx * dx + dy * dy
      const along =
        square === 0 ? 0 : Math.max(0, Math.min(1, ((x - from.x) * dx + (y - from.y) * dy) / square))
      return Math.hypot(x - from.x - along * dx, y - from.y - along * dy)
    }),
  )

const y = fc.double({ min: frame.top, max: frame.bottom, noNaN: true })
const x = fc.oneof(fc.constant(frame.right), fc.double({ min: 64, max: frame.right, noNaN: true }))
/** Curves from the left edge, over some points, to where they end. */
const curve = fc.tuple(fc.array(fc.tuple(x, y), { maxLength: 4 }), x, y).map(([on, right, end]) => [
  { x: 64, y: end },
  ...on
    .filter(([each]) => each < right)
    .sort(([a], [b]) => a - b)
    .map(([x, y]) => ({ x, y })),
  { x: right, y: end },
])

test('no two names overlap, none is on a curve, and each is nearest to its own', () => {
  fc.assert(
    fc.property(fc.array(curve, { minLength: 1, maxLength: 20 }), (curves) => {
      const paths = leaders(
        curves.map((points) => points.at(-1) as Point),
        frame,
      ).flatMap((path) => (path ? [path] : []))
      assert.equal(paths.length, curves.length)
      const whole = paths.map((path, index) => [...(curves[index] ?? []), ...path])
      const places = paths.map(([, , to]) => to)
      places.forEach((place, index) => {
        assert.ok(place.y >= frame.top - 1e-6 && place.y <= frame.bottom + 1e-6)
        assert.ok(place.x > frame.right)
        for (const other of places.slice(index + 1))
          assert.ok(Math.abs(place.y - other.y) >= labelGap - 1e-6, `${place.y} and ${other.y}`)
        const name = { x: place.x + 5, y: place.y }
        const own = distance(name, whole[index] ?? [])
        for (const [another, line] of whole.entries())
          if (another !== index) assert.ok(distance(name, line) > own, `${index} is nearer to ${another}`)
      })
    }),
  )
})

test('names that are far apart stay beside their ends', () => {
  const ends = [40, 100, 180, 300].map((y) => ({ x: frame.right, y }))
  assert.deepEqual(
    leaders(ends, frame).map((path) => path?.[2].y),
    [40, 100, 180, 300],
  )
})

test('of more curves than there is room for, the first, the last and some between are named', () => {
  const ends = Array.from({ length: 600 }, (_, index) => ({ x: 600, y: 30 + index / 3 }))
  const paths = leaders(ends, frame)
  const named = paths.filter((path) => path !== null)
  assert.ok(named.length === 22 && paths[0] && paths.at(-1), String(named.length))
})
