/** Where a length of pixels shows the ratios from `low` to `high` on a logarithmic scale. */
type Axis = { readonly domain: readonly [low: number, high: number]; readonly length: number }

export type RatioTick = { readonly at: number; readonly words: string }

/** Up to here a change is read as a percentage, beyond as a factor. */
const mostPercent = 1.75

const percentSteps = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5]
const factors = [
  [1.25, 1.5, 2],
  [1.5, 2, 3],
  [2, 3, 4, 6, 8],
  [2, 4, 8, 16, 32, 64],
  [4, 16, 64, 256, 1024],
  [10, 100, 1000, 10_000, 100_000],
  [100, 10_000, 1_000_000],
]

/** The domain that shows all ratios and the changes that matter, with some room on both sides of no change. */
export function ratioDomain(ratios: readonly number[], effect: number): readonly [number, number] {
  const far = (ends: readonly number[]) => ends.reduce((most, end) => Math.max(most, end), 1 + 2 * effect)
  const [up, down] = [Math.log(far(ratios)), Math.log(far(ratios.map((each) => 1 / each)))]
  return [Math.exp(-1.06 * Math.max(down, up / 1.8)), Math.exp(1.06 * Math.max(up, down / 1.8))]
}

/**
 * Ticks on both halves: −10 %, same, +10 % where all is near, ÷2, same, ×2 where it is not; the most that are at least
 * `gap` pixels apart. `same` alone where there is no room for more.
 */
export function ratioTicks({ domain: [low, high], length }: Axis, gap: number): RatioTick[] {
  const place = ({ at }: RatioTick) => (Math.log(at) / Math.log(high / low)) * length
  const near = high <= mostPercent && low >= 1 / mostPercent
  const ladders = near ? percentSteps.map(percents) : factors.map(multiples)
  const inside = ladders.map((ladder) => ladder.filter(({ at }) => at >= low && at <= high))
  const fitting = inside.filter((ticks) =>
    ticks.every((tick, index) => {
      const before = ticks[index - 1]
      return !before || place(tick) - place(before) >= gap
    }),
  )
  const onBoth = (ticks: readonly RatioTick[]) => (ticks[0]?.at ?? 1) < 1 && (ticks.at(-1)?.at ?? 1) > 1
  return fitting.find(onBoth) ?? fitting[0] ?? [same]
}

const same: RatioTick = { at: 1, words: 'same' }

function percents(step: number): RatioTick[] {
  const each = (index: number, sign: string): RatioTick => ({
    at: 1 + (sign === '+' ? 1 : -1) * index * step,
    words: `${sign}${Number((100 * index * step).toFixed(1))} %`,
  })
  const steps = Array.from({ length: Math.min(Math.ceil(0.8 / step), 100) }, (_, index) => index + 1)
  return [
    ...steps.map((index) => each(index, '−')).reverse(),
    same,
    ...steps.map((index) => each(index, '+')),
  ]
}

const multiples = (each: readonly number[]): RatioTick[] => [
  ...each.map((factor) => ({ at: 1 / factor, words: `÷${factor.toLocaleString('en')}` })).reverse(),
  same,
  ...each.map((factor) => ({ at: factor, words: `×${factor.toLocaleString('en')}` })),
]
