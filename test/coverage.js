import path from 'node:path'

const least = 90

/**
 * A reporter of Node's test runner: the line coverage of every file that is not a test, lowest first, and an exit code of
 * 1 where a file of analysis/ is below 90 %. Node loads a reporter before any loader, so it is JavaScript. Before Node 22
 * coverage is of the transformed lines, which says nothing: then it is not printed.
 * @param {AsyncIterable<import('node:test/reporters').TestEvent>} events
 */
export default async function* coverage(events) {
  for await (const { type, data } of events) {
    if (type !== 'test:coverage') continue
    if (Number.parseInt(process.versions.node, 10) < 22) {
      yield 'line coverage needs Node 22 or later\n'
      continue
    }
    const { files, workingDirectory } = data.summary
    const rows = files
      .map(({ path: file, coveredLinePercent }) => ({
        name: path.relative(workingDirectory, file),
        percent: coveredLinePercent,
      }))
      .filter(
        ({ name }) => /^(analysis|runner|workload|scenarios)\//.test(name) && !name.endsWith('.test.ts'),
      )
      .sort((a, b) => a.percent - b.percent)
    yield `line coverage\n${rows.map(({ name, percent }) => `${percent.toFixed(1).padStart(6)} % ${name}`).join('\n')}\n`
    const low = rows.filter(({ name, percent }) => name.startsWith('analysis/') && percent < least)
    if (low.length === 0) continue
    yield `below ${least} %: ${low.map(({ name }) => name).join(', ')}\n`
    process.exitCode = 1
  }
}
