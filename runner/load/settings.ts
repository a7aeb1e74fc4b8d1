import { defaultSlos, isLatency, type Slo, sloMetrics } from '../../analysis/formats/slo.ts'
import { largest } from '../../analysis/numbers/extremes.ts'
import type { Data } from './data.ts'
import { metricsOfNames } from './names.ts'
import { type LoadOptions, requestPath } from './options.ts'
import { newConnections } from './ports.ts'

/**
 * The script's environment, with the URL of each side; a size that was not given is left to the scenario.
 */
export function scriptSettings(
  options: LoadOptions,
  [base = '', other = '']: readonly string[],
  data: Data | null,
): Record<string, string> {
  const durationMs = options.duration ?? (options.quick ? 6000 : undefined)
  const limits = slosOf(options).flatMap(({ figure, limit, tags }) =>
    isLatency(figure) && tags?.metric === undefined ? [limit] : [],
  )
  const settings = {
    LAS_REQUEST_PATH: requestPath(options),
    LAS_VUS: options.vus,
    LAS_STAGES: options.stages?.join(','),
    LAS_DURATION: durationMs && `${durationMs}ms`,
    LAS_KEEP_CONNECTIONS: options.keepConnections || undefined,
    LAS_RENEW_CONNECTIONS: renewal(options.renewConnections),
    LAS_RATE: options.rate,
    LAS_ARRIVALS: options.arrivals,
    LAS_ARRIVAL_SEED: options.arrivalSeed,
    LAS_MAX_VUS: options.maxVus,
    LAS_SLO_MS: limits.length > 0 ? largest(limits) : undefined,
    LAS_METHOD: options.method,
    LAS_BODY: options.body,
    LAS_HEADERS: JSON.stringify(options.header ?? {}),
    LAS_EXPECT_STATUS: options.expectStatus?.map(([from, to]) => `${from}-${to}`).join(','),
    LAS_EXPECT_BODY: options.expectBody,
    LAS_THINK_TIME: options.thinkTime && `${options.thinkTime}ms`,
    LAS_MIX: options.mix,
    LAS_DATA_ROWS: data?.file,
    LAS_SUBMETRICS: JSON.stringify([
      ...new Set([...metricsOfNames(namesIn(data)), ...slosOf(options).flatMap(sloMetrics)]),
    ]),
  }
  return {
    BASE_URL: base,
    LAS_DUET_URL: other,
    // An empty one too: a variable of the user's own must not size the load unseen.
    ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value ?? '')])),
  }
}

const renewal = (after: LoadOptions['renewConnections']): string | undefined =>
  after === undefined ? undefined : after === 'auto' ? `${newConnections()}/s` : String(after)

const namesIn = (data: Data | null): string[] => [
  ...new Set(data?.requests.flatMap(({ name }) => name ?? [])),
]

export const slosOf = ({ slo = defaultSlos }: Pick<LoadOptions, 'slo'>): readonly Slo[] => slo
