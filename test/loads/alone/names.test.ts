import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { noneLeft, reportOf, startIn } from '../../command.ts'
import { serving } from '../../service.ts'

let out = ''
before(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'las-names-'))
  await writeFile(path.join(out, 'shop.js'), script)
})
after(() => rm(out, { recursive: true }))

/** Of twenty requests one is a log-in and one a checkout. */
const script = `import http from 'k6/http'
export const options = { scenarios: { shop: {
  executor: 'constant-arrival-rate', rate: 20, timeUnit: '1s', duration: '2s', preAllocatedVUs: 10,
} } }
const get = (name) => http.get(__ENV.BASE_URL + '/' + name, { tags: { name } })
export default () => {
  get('login')
  for (let seen = 0; seen < 18; seen++) get('list')
  get('checkout')
}
`

/** Answers each route after so many milliseconds. */
const shop = (times: Readonly<Record<string, number>>) =>
  serving(({ url = '' }, response) => void setTimeout(() => response.end('done'), times[url] ?? 0))

const usual = { '/list': 5, '/login': 10, '/checkout': 20 }

async function compared(a: Readonly<Record<string, number>>, b: typeof a, ...more: string[]) {
  const servers = [await shop(a), await shop(b)]
  try {
    const [one, two] = servers.map(({ url }) => url)
    const started = startIn(out, [
      ...['ab', '--scenario', './shop.js', '--a', one ?? '', '--b', two ?? '', '--repeat', '5'],
      ...['--warm-up', '1ms', '--cool-down', '1ms', ...more],
    ])
    const code = await started.ended
    await noneLeft(started.mark)
    return { code, ...started }
  } finally {
    for (const server of servers) server.close()
  }
}

test('a name with one request in twenty that takes twice as long is said to be worse, where the median is blind', async () => {
  const { code, stdout, stderr } = await compared(usual, { ...usual, '/checkout': 40 })
  assert.equal(code, 1, stdout + stderr)
  assert.match(
    stdout,
    /^judgement: worse\n {2}Worse: p95 of checkout \+\d[\d.]* % \(\+[\d.]+ % to \+[\d.]+ %\)/m,
  )
  const { report, statistics } = await reportOf(out, stderr)
  const [group] = statistics.comparison?.groups ?? []
  const judged = new Map(group?.metrics.map(({ metric, judgement }) => [metric, judgement]))
  assert.ok(['no difference', 'cannot tell'].includes(judged.get('p50') ?? ''), judged.get('p50'))
  assert.notEqual(judged.get('p95{name:list}'), 'worse')
  assert.match(
    await readFile(path.join(report, 'junit.xml'), 'utf8'),
    /name="p95\{name:checkout\}"><failure message="p95 of checkout is \+/,
  )
  assert.match(await readFile(path.join(report, 'report.md'), 'utf8'), /^- Worse: p95 of checkout \+/m)
})

test('the same against the same is not worse by any name, and a figure that is not there is named at once', async () => {
  const same = await compared(usual, usual)
  assert.equal(same.code, 0, same.stdout + same.stderr)
  const { statistics } = await reportOf(out, same.stderr)
  assert.equal(
    statistics.comparison?.groups[0]?.metrics.filter(({ metric }) => metric.startsWith('p95{name:')).length,
    3,
  )
  const unknown = await compared(usual, usual, '--figures', 'p95{name:chekout}')
  assert.equal(unknown.code, 2, unknown.stderr)
  assert.match(
    unknown.stderr,
    /--figures: no run has p95\{name:chekout\}; there are name checkout, list, login; scenario shop/,
  )
  assert.doesNotMatch(unknown.stderr, /run 2 of 10/)
})
