// Contrast above 3 on white and on near-black, so that one file serves both; as far from each other as that allows, also
// for those who see no red or no green.
const colours = [
  '#498ff3',
  '#d6761a',
  '#43a084',
  '#ce30b4',
  '#7735f5',
  '#136b80',
  '#6d680d',
  '#df1648',
] as const

/** For things without an order. */
export const colour = (index: number): string => colours[index % colours.length] ?? colours[0]

// From light to dark within the same bounds, and from teal to violet, which all eyes tell apart.
const cool = [
  [22, 162, 152],
  [31, 119, 222],
  [106, 66, 224],
] as const

/** For the `index`-th of `count` things in an order: from a light teal to a dark violet. */
export function ordinal(index: number, count: number): string {
  const place = count > 1 ? (index / (count - 1)) * (cool.length - 1) : 1
  const below = Math.min(Math.floor(place), cool.length - 2)
  const [from, to] = [cool[below] ?? cool[0], cool[below + 1] ?? cool[1]]
  const mixed = from.map((value, channel) => value + (place - below) * ((to[channel] ?? value) - value))
  return `#${mixed.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('')}`
}
