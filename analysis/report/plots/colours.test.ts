import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { colour, ordinal } from './colours.ts'

type Colour = readonly [number, number, number]
type Matrix = readonly [Colour, Colour, Colour]

const times = (matrix: Matrix, [x, y, z]: Colour): Colour =>
  matrix.map(([a, b, c]) => a * x + b * y + c * z) as unknown as Colour

/** sRGB to linear light, IEC 61966-2-1. */
function linear(hex: string): Colour {
  const channels = [1, 3, 5].map((from) => Number.parseInt(hex.slice(from, from + 2), 16) / 255)
  return channels.map((value) =>
    value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4,
  ) as unknown as Colour
}

/** WCAG 2.2, contrast ratio. */
function contrast(a: string, b: string): number {
  const [dark, light] = [a, b].map((each) => luminance(linear(each)) + 0.05).sort((x, y) => x - y)
  return (light ?? 0) / (dark ?? 1)
}
const luminance = ([r, g, b]: Colour) => 0.2126 * r + 0.7152 * g + 0.0722 * b

/** Björn Ottosson, A perceptual color space for image processing, 2020. */
function oklab(rgb: Colour): Colour {
  const cones = times(
    [
      [0.4122214708, 0.5363325363, 0.0514459929],
      [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    rgb,
  )
  return times(
    [
      [0.2104542553, 0.793617785, -0.0040720468],
      [1.9779984951, -2.428592205, 0.4505937099],
      [0.0259040371, 0.7827717662, -0.808675766],
    ],
    cones.map((each) => Math.cbrt(Math.max(each, 0))) as unknown as Colour,
  )
}

/** Machado, Oliveira and Fernandes, A Physiologically-based Model for Simulation of Color Vision Deficiency, 2009. */
const eyes: Record<string, Matrix> = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  'without green cones': [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  'without red cones': [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
}

const seen = (hex: string, eye: Matrix): Colour =>
  oklab(times(eye, linear(hex)).map((each) => Math.min(1, Math.max(0, each))) as unknown as Colour)

const distance = (a: string, b: string, eye: Matrix): number => {
  const [from, to] = [seen(a, eye), seen(b, eye)]
  return Math.hypot(...from.map((each, index) => each - (to[index] ?? 0)))
}

const papers = ['#ffffff', '#0d1117']
const unlike = Array.from({ length: 8 }, (_, index) => colour(index))
const order = (count: number) => Array.from({ length: count }, (_, index) => ordinal(index, count))

test('known pairs have the published contrast and the published OKLab', () => {
  assert.equal(contrast('#ffffff', '#000000'), 21)
  assert.ok(Math.abs(contrast('#767676', '#ffffff') - 4.54) < 0.005)
  // Ottosson’s table: the red primary of sRGB is 0.628, 0.225, 0.126.
  oklab(linear('#ff0000')).forEach((value, index) => {
    assert.ok(Math.abs(value - ([0.628, 0.225, 0.126][index] ?? 0)) < 0.0005)
  })
})

test('every colour has a contrast of 3 on white and on near-black', () => {
  for (const each of [...unlike, ...[1, 2, 5, 13, 30].flatMap(order)])
    for (const paper of papers)
      assert.ok(contrast(each, paper) >= 3, `${each} on ${paper}: ${contrast(each, paper)}`)
})

describe('colours are told apart by eyes', () => {
  for (const [name, eye] of Object.entries(eyes)) {
    test(name, () => {
      const pairs = unlike.flatMap((a, index) => unlike.slice(index + 1).map((b) => [a, b] as const))
      const [worst] = pairs.map(([a, b]) => distance(a, b, eye)).sort((x, y) => x - y)
      assert.ok((worst ?? 0) > 0.08, `two are ${worst} apart`)
      assert.ok(
        distance(ordinal(0, 5), ordinal(4, 5), eye) > 0.2,
        `${distance(ordinal(0, 5), ordinal(4, 5), eye)}`,
      )
      // Each is nearer to its neighbours than to those further on.
      const far = order(5).map((each) => distance(ordinal(0, 5), each, eye))
      assert.deepEqual(
        [...far].sort((x, y) => x - y),
        far,
      )
    })
  }
})

test('what has an order gets darker and darker', () => {
  for (const count of [2, 5, 13, 30]) {
    const lightness = order(count).map((each) => seen(each, eyes.usual as Matrix)[0])
    assert.deepEqual(
      [...lightness].sort((x, y) => y - x),
      lightness,
    )
    assert.equal(new Set(order(count)).size, count)
  }
})
