import type { Verdict } from '../../formats/run.ts'
import { type Slo, sloWords } from '../../formats/slo.ts'
import type { RunStatistics } from '../../run/statistics.ts'

type Labels = Readonly<Record<string, string>>
type Sample = { readonly labels: Labels; readonly value: number | null; readonly suffix?: string }

const verdicts = ['pass', 'fail', 'invalid', 'not judged'] as const

/**
 * Runs as OpenMetrics text (version 1.0.0, https://prometheus.io/docs/specs/om/open_metrics_spec/), in seconds and
 * ratios. What is unknown has no sample. Each run has its name as a label, so that none hides another.
 */
export function* openMetrics(runs: readonly RunStatistics[]): Generator<readonly [string, string]> {
  if (runs.length === 0) return
  const each = (samples: (run: RunStatistics, labels: Labels) => readonly Sample[]) =>
    runs.flatMap((run) => samples(run, labelsOf(run)))
  const families = [
    family(
      'requests_per_second',
      'gauge',
      'Throughput over the time of the load.',
      '',
      each(({ total }, labels) => [{ labels, value: total.rate }]),
    ),
    family(
      'error_ratio',
      'gauge',
      'Failed requests, as a share of all.',
      'ratio',
      each(({ total }, labels) => [{ labels, value: total.errors }]),
    ),
    family(
      'request_duration_seconds',
      'summary',
      'Latency of requests; of successful ones where k6 tells them apart.',
      'seconds',
      each(({ total }, labels) => [
        ...(
          [
            ['0.5', total.p50Ms],
            ['0.9', total.p90Ms],
            ['0.95', total.p95Ms],
            ['0.99', total.p99Ms],
            ['0.999', total.p999Ms],
          ] as const
        ).map(([quantile, ms]) => ({ labels: { ...labels, quantile }, value: seconds(ms) })),
        { labels, value: total.samples, suffix: '_count' },
      ]),
    ),
    family(
      'verdict',
      'stateset',
      'What became of the run.',
      '',
      each(({ verdict }, labels) =>
        verdicts.map((kind) => ({
          labels: { ...labels, [`${prefix}verdict`]: kind },
          value: Number(verdict.kind === kind),
        })),
      ),
    ),
    family(
      'threshold_passed',
      'gauge',
      'A threshold of the script: 1 where it held, 0 where it was crossed.',
      '',
      each(({ measures }, labels) =>
        measures.thresholds.map(({ metric, expression, passed }) => ({
          labels: { ...labels, metric, expression },
          value: Number(passed),
        })),
      ),
    ),
    family(
      'slo_missed',
      'gauge',
      'An SLO of the run: 1 where it was missed, 0 where it held.',
      '',
      each(({ run, verdict }, labels) =>
        (run?.slos ?? []).map((slo) => ({
          labels: { ...labels, slo: sloWords(slo) },
          value: missed(slo, verdict),
        })),
      ),
    ),
  ]
  yield ['metrics.txt', `${families.join('')}# EOF\n`]
}

const prefix = 'load_and_stress_'

const labelsOf = ({ name, run }: RunStatistics): Labels => ({
  run: name,
  ...(run && {
    scenario: run.scenario,
    ...(run.target.replicas !== null && { replicas: String(run.target.replicas) }),
    ...(run.commit !== null && { commit: run.commit }),
  }),
})

/** 1 where the verdict says so, 0 where all held; null where an invalid run says nothing of it. */
function missed(slo: Slo, { kind, reasons }: Verdict): number | null {
  const about = reasons.filter((reason) => reason.startsWith(`${sloWords(slo)} `))
  if (about.some((reason) => reason.startsWith(`${sloWords(slo)} missed`))) return 1
  return (kind === 'pass' || kind === 'fail') && about.length === 0 ? 0 : null
}

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000)

function family(name: string, type: string, help: string, unit: string, samples: readonly Sample[]): string {
  const known = samples.filter(({ value }) => value !== null)
  if (known.length === 0) return ''
  const full = `${prefix}${name}`
  return [
    `# TYPE ${full} ${type}`,
    ...(unit === '' ? [] : [`# UNIT ${full} ${unit}`]),
    `# HELP ${full} ${help}`,
    ...known.map(({ labels, value, suffix = '' }) => `${full}${suffix}{${labelText(labels)}} ${value}`),
    '',
  ].join('\n')
}

const labelText = (labels: Labels): string =>
  Object.entries(labels)
    .map(
      ([name, value]) =>
        `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
    )
    .join(',')
