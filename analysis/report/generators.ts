import type { Generator } from '../formats/generators.ts'
import { number, orDash, percent, quantity } from '../formats/words.ts'
import { largest } from '../numbers/extremes.ts'
import type { RunStatistics } from '../run/statistics.ts'
import { type Table, tableOf } from './blocks.ts'

/** `3 generators, started within 5 ms` */
export function generatorsWords(generators: readonly Generator[]): string {
  const skews = generators.flatMap(({ skewMs }) => skewMs ?? [])
  const known = skews.length === generators.length && skews.length > 0
  return (
    quantity(generators.length, 'generator') +
    (known ? `, started within ${number(largest(skews))} ms` : ', which started at unknown times')
  )
}

/** What each of several generators did; empty for a single one. */
export function generatorsTable({ run }: RunStatistics): Table {
  const generators = run?.generators ?? []
  const some = (of: (each: Generator) => unknown) => generators.some((each) => of(each) !== null)
  const figure = (of: (figures: NonNullable<Generator['figures']>) => number | null) => (each: Generator) =>
    orDash(each.figures && of(each.figures))
  const used = (of: (process: NonNullable<Generator['process']>) => number | null) => (each: Generator) => {
    const value = each.process && of(each.process)
    const seconds = (each.figures?.durationMs ?? 0) / 1000
    return orDash(value === null || seconds === 0 ? null : value / seconds)
  }
  const table = tableOf('Generators', generators, [
    ['generator', ({ name }) => name],
    ...(generators.some(({ name, node }) => node !== null && node !== name)
      ? [['on', ({ node }: Generator) => node ?? '–'] as const]
      : []),
    ...(some(({ segment }) => segment)
      ? [['part', ({ segment }: Generator) => segment ?? '–'] as const]
      : []),
    ['after the first ms', ({ skewMs }) => orDash(skewMs)],
    ['requests', figure(({ requests }) => requests)],
    ['p50 ms', figure(({ p50Ms }) => p50Ms)],
    ['p95 ms', figure(({ p95Ms }) => p95Ms)],
    [
      'mean ÷ others’',
      ({ figures }) =>
        figures?.ratio
          ? `${number(figures.ratio.value)} (${number(figures.ratio.low)}–${number(figures.ratio.high)})`
          : '–',
    ],
    ...(some(({ process }) => process)
      ? ([
          ['CPU (cores)', used(({ cpuSeconds }) => cpuSeconds)],
          ['waiting for CPU (threads)', used(({ waitedSeconds }) => waitedSeconds)],
          ...(some(({ process }) => process?.throttled ?? null)
            ? [
                [
                  'throttled',
                  ({ process }: Generator) => orDash(process?.throttled ?? null, percent),
                ] as const,
              ]
            : []),
          ['MiB', ({ process }: Generator) => orDash(process?.maxMemoryMiB ?? null)],
        ] as const)
      : []),
  ])
  return generators.length === 0
    ? table
    : { ...table, note: `${generatorsWords(generators)}; all other figures are of all together.` }
}
