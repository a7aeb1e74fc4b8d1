import type { ZodError } from 'zod'

/** 12,345 · 123 · 45.6 · 7.89 · 0.123: three figures, more where whole. Always the same, whatever the locale. */
export function number(value: number): string {
  if (value !== 0 && Math.abs(value) < 0.0005) return value.toExponential(1)
  const digits =
    Math.abs(value) >= 99.95 ? 0 : Math.abs(value) >= 9.995 ? 1 : Math.abs(value) >= 0.9995 ? 2 : 3
  const [whole = '', fraction] = (Number.isInteger(value) ? String(value) : value.toFixed(digits)).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
  return fraction ? `${grouped}.${fraction}` : grouped
}

/** `0.25 %` */
export const percent = (share: number): string => `${number(share * 100)} %`

/** For a cell that may have no answer. */
export const orDash = (value: number | null, words: (value: number) => string = number): string =>
  value === null ? '–' : words(value)

/** What is wrong first with what a schema does not accept, and where. */
export const issueWords = ({ issues: [issue] }: ZodError): string =>
  `${issue?.path.join(' → ') || 'top level'}: ${issue?.message}`
