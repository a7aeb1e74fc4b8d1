import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { parseSummary } from '../formats/summary.ts'
import { statistics } from '../runs/statistics.ts'
import { reportFiles, text } from './files.ts'

const scripts = path.join(import.meta.dirname, '../../test/fixtures/scripts')
const written = (name: string) => readFileSync(path.join(scripts, name), 'utf8')

const of = (name: string) => {
  const all = statistics([{ name, run: null, summary: parseSummary(written(`2.2.0-${name}.json`)) }])
  const files = reportFiles(all)
  return {
    markdown: (files.get('report.md') ?? '').replaceAll('\\', ''),
    html: files.get('index.html') ?? '',
    latency: files.get('latency.svg') ?? '',
    junit: files.get('junit.xml') ?? '',
    terminal: text(all),
  }
}

/** The cells of a row of a markdown table, by its first. */
const row = (markdown: string, first: string): string[] =>
  (markdown.split('\n').find((line) => line.startsWith(`| ${first} |`)) ?? '')
    .split('|')
    .map((cell) => cell.trim())
    .slice(2, -1)

/** The HTTP figures of the whole run are in tiles and in a table with other names. */
const shownAs: Record<string, string> = {
  http_reqs: 'requests',
  http_req_failed: 'errors',
  http_req_duration: 'p50 ms',
  http_req_blocked: 'blocked',
  http_req_connecting: 'connecting',
  http_req_tls_handshaking: 'TLS',
  http_req_sending: 'sending',
  http_req_waiting: 'waiting',
  http_req_receiving: 'receiving',
  checks_total: 'Checks',
  checks_succeeded: 'succeeded',
  checks_failed: 'failed',
}

describe('a report shows no less than k6 prints at the end of a test', () => {
  const printed = written('2.2.0-shop.txt')
  for (const shape of ['shop', 'shop-export'])
    test(shape, () => {
      const { markdown, html } = of(shape)
      const metrics = [...printed.matchAll(/^ {4}([a-z_]+)\.{3,}:/gm)].map(([, name = '']) => name)
      assert.ok(metrics.length > 20)
      const checks = [...printed.matchAll(/^ {4}[✓✗] ([a-z ]+)$/gm)].map(([, name = '']) => name)
      assert.deepEqual(checks, ['home is up', 'home has text', 'cart is filled', 'paid'])
      const limits = [...printed.matchAll(/[✓✗] '(.*)'/g)].map(([, limit = '']) => limit)
      assert.equal(limits.length, 11)
      for (const each of [...metrics.map((name) => shownAs[name] ?? name), ...checks, ...limits])
        assert.ok(markdown.includes(each), each)
      for (const tag of ['checkout', 'home', 'browse', 'buy', 'shop › pay', 'bank:blue']) {
        assert.ok(markdown.includes(tag), tag)
        assert.ok(html.includes(tag), tag)
      }
    })
})

test('of the machine-readable summary, the figures that k6 printed of the same run, and what the file lacks', () => {
  const { markdown, junit } = of('shop-machine-readable')
  // k6 cuts digits off where we round: http_reqs 236 77.832226/s, http_req_failed 2.11% 5 out of 236, checkout 61 and 5 of them failed, p(95)=8.75ms
  assert.match(markdown, /requests \*\*236\*\* · requests\/s \*\*77.8\*\* · errors \*\*2.12 %\*\*/)
  assert.deepEqual(row(markdown, 'checkout').slice(0, 7), [
    '61',
    '20.1',
    '8.20 %',
    '8.33',
    '8.32',
    '8.60',
    '8.75',
  ])
  assert.deepEqual(row(markdown, 'carts_filled').slice(0, 2), ['61', '20.1'])
  assert.deepEqual(row(markdown, 'data_received'), ['29.8 kB', '9.83 kB'])
  assert.match(
    markdown,
    /not judged\*\*\n\n- no SLO, and k6’s machine-readable summary does not say whether thresholds were crossed/,
  )
  assert.match(markdown, /machine-readable summary has no thresholds’ results, no groups/)
  assert.match(junit, /skipped="1"/)
})

test('each in its table, crossed thresholds first', () => {
  const { markdown, html, terminal } = of('shop')
  const names = [...markdown.matchAll(/^## (.*)$/gm)].map(([, name]) => name)
  assert.deepEqual(names, [
    'Thresholds',
    'Figures',
    'By request name',
    'By group',
    'By k6 scenario',
    'Checks',
    'Where the time of a request went',
    'Custom metrics',
    'Execution',
    'Network',
    'Before you trust it',
    'What was run',
  ])
  const [, first] = markdown.split('## Thresholds')[1]?.split(/ -+:? \|\n/) ?? []
  assert.match(first ?? '', /^\| http_req_duration{name:checkout} \| crossed \| p\(95\)<1 \| 8.86 ms \|/)
  // k6 gave no p99, so what was measured is unknown, but it judged the limit.
  assert.match(markdown, /held \| p\(99\)<2000 \| – \|/)
  assert.deepEqual(row(markdown, 'checkout'), [
    '61',
    '20.0',
    '8.20 %',
    '8.45',
    '8.44',
    '8.80',
    '8.86',
    '9.14',
  ])
  assert.deepEqual(row(markdown, 'home'), ['–', '–', '–', '2.68', '2.65', '3.05', '3.24', '8.02'])
  assert.match(markdown, /^\| paid \| shop › pay \| 56 \| 5 \| 91.8 % \|$/m)
  assert.deepEqual(row(markdown, 'waiting'), ['97.9 %', '4.10', '2.70', '8.64', '9.02'])
  assert.deepEqual(row(markdown, 'data_sent'), ['21.2 kB', '6.97 kB'])
  assert.match(html, /<td class="bad">crossed<\/td>/)
  assert.match(terminal, /^checkout +61 +20.0 +8.20 % +8.44 +8.86$/m)
  assert.ok(terminal.split('\n').every((line) => line.length <= 90))
})

test('WebSocket and gRPC runs show what was measured, and no HTTP', () => {
  const socket = of('socket').markdown
  assert.deepEqual(row(socket, 'ws_sessions').slice(0, 2), ['20', '1,210'])
  assert.deepEqual(row(socket, 'round_trip (ms)').at(-1), '2')
  const rpc = of('rpc').markdown
  assert.match(rpc, /verdict: fail/)
  assert.deepEqual(row(rpc, 'grpc_req_duration (ms)'), ['0.260', '0.869', '0.578', '1.28', '1.98', '5.73'])
  for (const page of [socket, rpc]) assert.doesNotMatch(page, /requests|latency/)
})

test('a browser run shows web vitals and its requests', () => {
  const { markdown } = of('page')
  assert.deepEqual(row(markdown, 'browser_web_vital_lcp (ms)'), ['56', '68', '64', '80', '82', '84'])
  assert.deepEqual(row(markdown, 'browser_web_vital_cls'), ['0', '0', '0', '0', '0', '0'])
  assert.equal(row(markdown, 'browser_http_req_failed')[2], '0 % (0 of 6)')
  assert.equal(row(markdown, 'browser_data_sent')[0], '4.06 kB')
  assert.match(markdown, /verdict: pass/)
  assert.doesNotMatch(markdown, /\brequests\b/)
})

test('each threshold is a case for CI; what nothing judges is skipped', () => {
  const { junit } = of('shop')
  assert.match(junit, /tests="12" failures="2" errors="0" skipped="0"/)
  assert.match(
    junit,
    /name="shop: http_req_duration\{name:checkout\} p\(95\)&#60;1"><failure message="crossed: measured 8.86 ms">/,
  )
  const { metrics } = JSON.parse(written('2.2.0-socket.json'))
  delete metrics.ws_connecting.thresholds
  const summary = parseSummary(JSON.stringify({ metrics }))
  const unjudged = reportFiles(statistics([{ name: 'a & b', run: null, summary }])).get('junit.xml')
  assert.equal(
    unjudged,
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="load-and-stress run" tests="1" failures="0" errors="0"><testsuite name="run" tests="1" failures="0" errors="0" skipped="1">
<testcase classname="runs" name="a &#38; b"><skipped message="not judged: no threshold and no SLO"></skipped></testcase>
</testsuite></testsuites>
`,
  )
})

/** Dashed lines between known percentiles. */
const guessed = /<g[^>]*stroke-dasharray="3 5"/g

test('between percentiles that are far apart the line is dashed, and a dense grid has none such', () => {
  const sparse = of('shop').latency
  // From the fastest to p50, to p90, and from p95 to the slowest.
  assert.equal(sparse.match(guessed)?.length, 3)
  assert.match(sparse, /the summary has only the percentiles with a dot/)
  const { metrics, state } = JSON.parse(written('2.2.0-shop.json'))
  const grid = Array.from({ length: 199 }, (_, index) => [`p(${0.5 + index / 2})`, index])
  Object.assign(metrics['http_req_duration{expected_response:true}'].values, Object.fromEntries(grid))
  const summary = parseSummary(JSON.stringify({ metrics, state }))
  const dense = reportFiles(statistics([{ name: 'dense', run: null, summary }])).get('latency.svg')
  assert.doesNotMatch(dense ?? '', /only the percentiles|dasharray/)
})

test('where the number of requests is unknown, the slowest has no place on the line', () => {
  const { metrics } = JSON.parse(written('2.2.0-shop.json'))
  delete metrics.http_reqs
  delete metrics.http_req_failed
  const summary = parseSummary(JSON.stringify({ metrics }))
  const all = statistics([{ name: 'x', run: null, summary }])
  assert.equal(all.runs[0]?.percentiles.at(-1)?.[0], 100)
  assert.equal(reportFiles(all).get('latency.svg')?.match(guessed)?.length, 2)
})

test('numbers are on the right in markdown, names and facts on the left', () => {
  const { markdown } = of('shop')
  assert.match(markdown, /## Checks\n\n\|.*\n\| --- \| --- \| ---: \| ---: \| ---: \|\n/)
  assert.match(markdown, /## What was run\n\n\|.*\n\| --- \| --- \|\n/)
})

test('a terminal shows the first of a thousand request names, the page all', () => {
  const named = Array.from({ length: 1000 }, (_, index) => [
    `http_reqs{name:/user/${index}}`,
    { values: { count: 5000 - index, rate: 1 } },
  ])
  const summary = parseSummary(JSON.stringify({ metrics: Object.fromEntries(named) }))
  const all = statistics([{ name: 'x', run: null, summary }])
  assert.match(text(all), /\n\/user\/49 .*\n… 950 more rows in the report\n/)
  assert.match(reportFiles(all).get('index.html') ?? '', /\/user\/999</)
})
