/** What a run must achieve. `limit` is a maximum in ms or a share; for `rate`, a minimum per second. */
export type Slo = { readonly figure: string; readonly limit: number }

/** The default: a run fails when more than one request in a hundred does. */
export const defaultSlos: readonly Slo[] = [{ figure: 'errors', limit: 0.01 }]

/** Reads `p95=250,errors=0.01`; a string in return is a sentence that says what is wrong. */
export function parseSlos(text: string): Slo[] | string {
  const slos: Slo[] = []
  for (const part of text.split(',').map((each) => each.trim())) {
    const [, figure = '', number = '', unit = ''] =
      /^([a-z]+[\d.]*)\s*=\s*(\d+(?:\.\d+)?)\s*(\S*)$/.exec(part) ?? []
    if (!units(figure)?.includes(unit)) {
      return `"${part}" is not an SLO; write p95=250 (ms), mean=, max=, errors=0.01 (a share, or 1%) or rate=100 (per second)`
    }
    const limit = Number(number) / (unit === '%' ? 100 : 1)
    if (figure === 'errors' && limit > 1)
      return `"${part}": errors is a share from 0 to 1 (or write errors=1%)`
    slos.push({ figure, limit })
  }
  return slos
}

/** The units allowed with a figure; undefined for an unknown figure. */
function units(figure: string): string[] | undefined {
  if (figure === 'errors') return ['', '%']
  if (figure === 'rate') return ['', '/s']
  return isLatency(figure) ? ['', 'ms'] : undefined
}

export const isLatency = (figure: string): boolean =>
  figure === 'mean' || figure === 'max' || (sloPercentile(figure) ?? 0) > 0

/** 95 for `p95`, undefined for other figures. */
export function sloPercentile(figure: string): number | undefined {
  const p = /^p(\d{1,2}(?:\.\d+)?)$/.exec(figure)?.[1]
  return p === undefined ? undefined : Number(p)
}

/** `p95 ≤ 250 ms` */
export function sloWords({ figure, limit }: Slo): string {
  if (figure === 'errors') return `errors ≤ ${Number((limit * 100).toPrecision(6))} %`
  if (figure === 'rate') return `rate ≥ ${limit} requests/s`
  return `${figure} ≤ ${limit} ms`
}
