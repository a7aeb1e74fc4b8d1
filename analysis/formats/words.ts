/** Three significant digits, more for integers: 12,345 · 45.6 · 0.123. Independent of the locale. */
export function number(value: number): string {
  if (value !== 0 && Math.abs(value) < 0.0005) return value.toExponential(1)
  const digits =
    Math.abs(value) >= 99.95 ? 0 : Math.abs(value) >= 9.995 ? 1 : Math.abs(value) >= 0.9995 ? 2 : 3
  const [integer = '', fraction] = (Number.isInteger(value) ? String(value) : value.toFixed(digits)).split(
    '.',
  )
  const grouped = integer.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
  return fraction ? `${grouped}.${fraction}` : grouped
}

/** `0.25 %` */
export const percent = (share: number): string => `${number(share * 100)} %`

/** `1 replica`, `1,000 replicas`: for nouns whose plural takes an s. */
export const quantity = (value: number, noun: string): string =>
  `${number(value)} ${noun}${value === 1 ? '' : 's'}`

/** For a table cell that may have no value. */
export const orDash = (value: number | null, words: (value: number) => string = number): string =>
  value === null ? '–' : words(value)
