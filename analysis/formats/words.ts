/**
 * Three significant digits, more for integers: 12,345 · 45.6 · 0.123 · −7.00. Independent of the locale, with a minus sign
 * rather than a hyphen: for people, not for programs.
 */
export function number(value: number): string {
  const size = Math.abs(value)
  if (size !== 0 && size < 0.0005) return value.toPrecision(2).replaceAll('-', '−')
  const digits = size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3
  return grouped(Number.isInteger(value) ? String(value) : value.toFixed(digits))
}

/** Decimal digits, as JavaScript writes them, with separators of thousands and a minus sign. */
export function grouped(decimal: string): string {
  const [integer = '', fraction] = decimal.replace('-', '−').split('.')
  const thousands = integer.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
  return fraction ? `${thousands}.${fraction}` : thousands
}

/** Words for the values of one axis, all with as many decimals as one of them needs: 8.0 · 7.5 · 7.0. */
export function alike(values: readonly number[]): (value: number) => string {
  const digits = values.reduce((most, value) => Math.max(most, decimals(Number(value.toPrecision(3)))), 0)
  return (value) => grouped(value.toFixed(digits))
}

const decimals = (value: number): number => {
  const [, fraction = '', exponent = '0'] = /^[^.e]*\.?(\d*)e?(.*)$/.exec(String(value)) ?? []
  return Math.max(0, fraction.length - Number(exponent))
}

/** `0.25 %` */
export const percent = (share: number): string => `${number(share * 100)} %`

/** A change as a share of what it was: `+12 %`, `−4.2 %`; `±0 %` of one that a tenth of a percent does not show. */
export function change(share: number): string {
  const words = changeSize(share)
  return `${words === '0' ? '±' : share > 0 ? '+' : '−'}${words} %`
}

/** The percents of a change without its sign: `12`, `4.2`, `0`. */
export function changeSize(share: number): string {
  const size = Math.abs(100 * share)
  if (size < 0.05) return '0'
  return grouped(size.toFixed(size < 9.95 ? 1 : 0))
}

/** The two ends of a change's interval: `9.1 to 15 %`, `−1.2 to +4.0 %`. */
export const changeInterval = (low: number, high: number): string => {
  const signs = low < 0 || high < 0
  const [from, to] = signs ? [change(low), change(high)] : [`${changeSize(low)} %`, `${changeSize(high)} %`]
  return `${from.replace(' %', '')} to ${to}`
}

/** `1 replica`, `1,000 replicas`: for nouns whose plural takes an s. */
export const quantity = (value: number, noun: string): string =>
  `${number(value)} ${noun}${value === 1 ? '' : 's'}`

/** For a table cell that may have no value. */
export const orDash = (value: number | null, words: (value: number) => string = number): string =>
  value === null ? '–' : words(value)
