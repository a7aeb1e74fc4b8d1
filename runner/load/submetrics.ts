import { requestMetrics, type Slo, sloMetrics } from '../../analysis/formats/slo.ts'
import { quantity } from '../../analysis/formats/words.ts'
import type { Stage } from '../k6/inspect.ts'
import type { Inspected } from '../k6/inspected.ts'
import type { Rehearsal } from './rehearsal.ts'

// k6 compares the tags of each sample with each of them.
const most = 40

type Asked = {
  /** For k6's thresholds. */
  readonly metrics: readonly string[]
  /** What to say about names, in sentences. */
  readonly said: readonly string[]
}

/**
 * The sub-metrics to ask k6 for: by k6 scenario where there are several, by request name, and by group, at most 40. A name
 * that may hold a secret is left out, and so is one that k6 cannot select by.
 * @param base of names that begin with /
 * @param slos what they limit is asked for in any case
 */
export function submetrics(
  { systemTags }: Pick<Inspected, 'systemTags'>,
  stages: readonly Stage[],
  rehearsal: Rehearsal | null,
  base: string,
  slos: readonly Slo[] = [],
): Asked {
  const has = (tag: string) => systemTags?.includes(tag) ?? true
  const of = (tag: string, value: string) =>
    requestMetrics(`${tag}:${value}`, { judged: has('expected_response') })
  const names = has('name') ? (rehearsal?.names ?? []) : []
  const selectable = names.filter(
    (name) => !/[,{}"?@\n]/.test(name.replace(/\$\{\}/g, '')) && name.length <= 200,
  )
  const wanted = slos.flatMap(sloMetrics)
  const metrics = [
    ...(stages.length > 1 && has('scenario')
      ? stages.flatMap(({ stage }) => [...of('scenario', stage), `iteration_duration{scenario:${stage}}`])
      : []),
    ...(names.length > 1 ? selectable.flatMap((name) => of('name', name)) : []),
    ...(has('group') ? (rehearsal?.groups ?? []) : [])
      .filter((group) => !/[,{}"]/.test(group))
      .map((group) => `group_duration{group:${group}}`),
  ]
  const varying = names.filter((name) => varies(name))
  const [first] = varying
  return {
    // Those of SLOs come first: without them the run could not be judged.
    metrics: [...new Set([...wanted, ...metrics.slice(0, most)])].map((metric) =>
      base ? metric.replace(/\bname:\//, `name:${new URL(base).origin}/`) : metric,
    ),
    said: [
      ...(rehearsal ? slos.flatMap((slo) => unseen(slo, stages, { ...rehearsal, shown: selectable })) : []),
      ...(first === undefined
        ? []
        : [
            `the name ${first} looks like one of many: give such a request the tag name, or write http.url\`…\`, so that all of them count as one`,
          ]),
      ...(names.length > selectable.length
        ? [
            `${quantity(names.length - selectable.length, 'request name')} with a query, a comma, a brace or a quote cannot be shown by name; set the tag name`,
          ]
        : []),
      ...(metrics.length > most
        ? [
            `of ${metrics.length} figures by scenario, name and group only ${most} are shown, those of the first names`,
          ]
        : []),
    ],
  }
}

/** A sentence about each tag of an SLO with a value that the rehearsal did not meet: it may be misspelt, or rare. */
function unseen(
  { figure, tags = {} }: Slo,
  stages: readonly Stage[],
  { names, groups: group, checks: check, shown }: Rehearsal & { readonly shown: readonly string[] },
): string[] {
  const scenario = stages.map(({ stage }) => stage)
  // Not a record, which has a "constructor".
  const seen = new Map(Object.entries({ name: shown, group, check, scenario }))
  return Object.entries(tags).flatMap(([tag, value]) => {
    const values = seen.get(tag)
    if (!values || values.includes(value) || names.includes(value)) return []
    const some = [...values.slice(0, 5), ...(values.length > 5 ? ['…'] : [])].join(', ')
    return [
      `--slo ${figure}{${tag}:${value}}: the rehearsal met no such ${tag}${some && `, but ${some}`}; without one the run will be invalid`,
    ]
  })
}

/** Whether a name has what looks like an id: a number or a long hexadecimal in a path. */
const varies = (name: string): boolean =>
  /^(\w+:\/|)\/.*\/(\d+|[\da-f]{8}[\da-f-]{4,})(\/|$)/i.test(name.replace(/[?#].*$/, ''))
