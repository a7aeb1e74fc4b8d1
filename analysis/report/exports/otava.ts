import type { Night } from '../../formats/night.ts'
import { csvOf } from '../printers/csv.ts'
import { type ExportedSeries, exportedSeries } from './series.ts'

/**
 * A CSV for each series, since Apache Otava takes no gaps, and the `otava.yaml` that names them
 * (https://otava.apache.org/docs/csv). `otava analyze --config-file otava.yaml` is run in their folder: Otava
 * looks for none there by itself.
 */
export function* otava(nights: readonly Night[]): Generator<readonly [string, string]> {
  const series = exportedSeries(nights)
  if (series.length === 0) return
  const files = series.map((each, index) => ({ each, file: `${index + 1}-${slug(each.name)}.csv` }))
  for (const { each, file } of files)
    yield [
      file,
      csvOf([
        ['time', 'commit', 'value'],
        ...each.points.map(({ night, value }) => [night.startedAt, night.commit ?? '', value]),
      ]),
    ]
  yield ['otava.yaml', `tests:\n${files.map(({ each, file }) => test(each, file)).join('')}`]
}

// JSON strings are YAML strings too (YAML 1.2, chapter 1.3).
const test = ({ name, better }: ExportedSeries, file: string): string => `  ${JSON.stringify(name)}:
    type: csv
    file: ${JSON.stringify(file)}
    time_column: time
    attributes: [commit]
    metrics:
      value:
        direction: ${better === 'higher' ? 1 : -1}
        scale: 1
`

const slug = (name: string): string =>
  name
    .replaceAll(/[^\w.]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 80)
