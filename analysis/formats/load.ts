import type { Run } from './run.ts'
import { number, quantity } from './words.ts'

type Stage = Run['load']['stages'][number]

/** The load of a stage: VUs in a closed model, requests per second in an open one; null where unknown. */
type StageSize = { readonly vus: number | null; readonly offered: number | null }

/** Whether requests start at their own rate, whether or not earlier ones have been answered. */
export const isOpen = (stages: readonly StageSize[]): boolean =>
  stages.some(({ offered }) => offered !== null)

/** `8 VUs`, or `50/s` of an open model; null where unknown. */
export const sizeWords = ({ vus, offered }: StageSize): string | null =>
  offered !== null ? `${number(offered)}/s` : vus === null ? null : quantity(vus, 'VU')

/** `stage 3 · 8 VUs` */
export function stageWords(stage: StageSize & { readonly stage: string }): string {
  const size = sizeWords(stage)
  const name = isNumbered(stage) ? `stage ${stage.stage}` : stage.stage
  return size === null ? name : `${name} · ${size}`
}

/** `8 VUs` of a plateau, for a line of a plot; the name of a script's k6 scenario. */
export const stageLabel = (stage: StageSize & { readonly stage: string }): string =>
  isNumbered(stage) ? (sizeWords(stage) ?? `stage ${stage.stage}`) : stage.stage

/** Plateaus have numbers, the k6 scenarios of somebody's own script names. */
const isNumbered = ({ stage }: { readonly stage: string }): boolean => /^\d*$/.test(stage)

/** `browse 5 VUs for 30 s, buy 2.5/s for 30 s` of a script; null for plateaus. */
function scriptWords(stages: readonly Stage[]): string | null {
  if (stages.every(isNumbered)) return null
  return stages
    .map((stage) => {
      const size =
        stage.offered === null ? quantity(stage.vus, 'VU') : `${number(stage.offered)} iterations/s`
      const length =
        stage.iterations === undefined
          ? `for ${number(stage.durationMs / 1000)} s`
          : `for ${quantity(stage.iterations, 'iteration')}`
      return `${stage.stage} ${size} ${length}`
    })
    .join(', ')
}

/** `, Poisson arrivals (seed 7)` of requests that start at random times; empty for even ones. */
const arrivalWords = ({ poissonSeed }: Pick<Stage, 'poissonSeed'> = {}): string =>
  poissonSeed === undefined ? '' : `, Poisson arrivals (seed ${poissonSeed})`

/** When the last stage should end, in ms from the start of the test; 0 without stages. */
export const plannedMs = (stages: readonly Pick<Stage, 'startMs' | 'durationMs'>[]): number =>
  stages.reduce((endMs, { startMs, durationMs }) => Math.max(endMs, startMs + durationMs), 0)

/** The sizes of all stages, in order: `1 → 2 → 4 VUs`, `20 → 100 requests/s`. */
export const sizesWords = (stages: readonly Stage[]): string =>
  scriptWords(stages) ??
  (isOpen(stages)
    ? `${stages.map(({ offered }) => number(offered ?? 0)).join(' → ')} requests/s${arrivalWords(stages[0])}`
    : `${stages.map(({ vus }) => number(vus)).join(' → ')} VU${stages.at(-1)?.vus === 1 ? '' : 's'}`)

/** `8 VUs for 10 s`, `plateaus of 1, 2 VUs, 10 s each` or `open: 50 requests/s, 10 s each`; `unknown` without stages. */
export function loadWords(stages: readonly Stage[]): string {
  if (stages.length === 0) return 'unknown'
  const named = scriptWords(stages)
  if (named !== null) return named
  const seconds = stages.map(({ durationMs }) => number(durationMs / 1000))
  const each = new Set(seconds).size === 1 ? `${seconds[0]} s each` : seconds.map((s) => `${s} s`).join(', ')
  if (isOpen(stages))
    return `open: ${stages.map(({ offered }) => number(offered ?? 0)).join(', ')} requests/s${arrivalWords(stages[0])}, ${each}`
  const [first] = stages
  return stages.length === 1 && first
    ? `${sizeWords({ ...first, offered: null })} for ${seconds[0]} s`
    : `plateaus of ${stages.map(({ vus }) => number(vus)).join(', ')} VU${stages.at(-1)?.vus === 1 ? '' : 's'}, ${each}`
}

/** Size and length of every stage: `8 VUs for 10 s + 16 VUs for 5 s`. Equal words mean equal load. */
export const shapeWords = (stages: readonly Stage[]): string =>
  stages
    .map(({ vus, offered, durationMs, ...stage }) => {
      // Without thousands separators: nights have stored this text, and it identifies their series.
      const size = offered === null ? `${vus} VU${vus === 1 ? '' : 's'}` : `${offered}/s`
      return `${size} for ${durationMs / 1000} s${arrivalWords(stage)}`
    })
    .join(' + ')

/** `1 s after each answer`; null where VUs did not pause. */
export const thinkWords = ({ thinkMs }: Pick<Run['load'], 'thinkMs'>): string | null =>
  thinkMs === undefined ? null : `${thinkMs / 1000} s after each answer`

/** `kept`, or `renewed after 100 requests` */
export const connectionWords = ({ connections, renewedAfter }: Run['load']): string =>
  renewedAfter === undefined ? connections : `${connections} after ${quantity(renewedAfter, 'request')}`

/** `status 200-299,404, a body with "fine"`; null where every status from 200 to 299 was a success. */
export function successWords({
  expectStatus,
  expectBody,
}: Pick<Run['load'], 'expectStatus' | 'expectBody'>): string | null {
  const words = [
    ...(expectStatus === undefined ? [] : [`status ${expectStatus}`]),
    ...(expectBody === undefined ? [] : [`a body with ${JSON.stringify(expectBody)}`]),
  ]
  return words.length > 0 ? words.join(', ') : null
}

/** The `load` of a night's figures. Changing how it is worded would start every series anew. */
export function seriesLoad(load: Run['load']): string {
  const { request, stages, thinkMs, expectBody } = load
  const pause = thinkWords({ thinkMs })
  return [
    request,
    shapeWords(stages),
    `connections ${connectionWords(load)}`,
    ...(pause === null ? [] : [`paused ${pause}`]),
    ...(expectBody === undefined ? [] : [`success is a body with ${JSON.stringify(expectBody)}`]),
  ].join(', ')
}
