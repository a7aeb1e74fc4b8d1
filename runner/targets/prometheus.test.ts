import assert from 'node:assert/strict'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { Readings } from '../cluster/readings.ts'
import { prometheusAt } from './prometheus.ts'
import { nearbyOnly } from './reach.ts'

// As Prometheus 2.53 answers.
const matrix = (...result: object[]) =>
  JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } })
const ofPod = { container: 'app', id: '/kubepods/x', namespace: 'store', pod: 'shop-1' }
const answers: Record<string, string> = {
  pods: matrix(
    {
      metric: { __name__: 'container_cpu_usage_seconds_total', ...ofPod },
      values: [
        [1000.5, '1.5'],
        [1010.5, '2.5'],
      ],
    },
    { metric: { __name__: 'container_cpu_cfs_periods_total', ...ofPod }, values: [[1000.5, '10']] },
  ),
  nodes: matrix(
    {
      metric: { __name__: 'container_cpu_usage_seconds_total', id: '/', node: 'n' },
      values: [[1000.5, '60000']],
    },
    { metric: { __name__: 'machine_cpu_cores', node: 'n' }, values: [[1000.5, '2']] },
  ),
  one: matrix({
    metric: {},
    values: [
      [1000, '3'],
      [1001, 'NaN'],
      [1002, '5'],
    ],
  }),
  two: matrix({ metric: { a: '1' }, values: [] }, { metric: { a: '2' }, values: [] }),
  none: matrix(),
}

const asked: string[] = []
const server = http.createServer((request, response) => {
  const query = new URL(request.url ?? '', 'http://x').searchParams.get('query') ?? ''
  asked.push(query)
  const key = query.includes('namespace="store"') ? 'pods' : query.includes('machine_cpu') ? 'nodes' : query
  const known = answers[key]
  response.writeHead(known ? 200 : 400, { 'Content-Type': 'application/json' })
  response.end(known ?? '{"status":"error","errorType":"bad_data","error":"1:5: parse error"}')
})
let base = new URL('http://127.0.0.1')
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
after(() => server.close())

test('the standard metrics of these pods and their nodes, with their own times', async () => {
  const [into, nodes, cores] = [new Readings(), new Readings(), new Map<string, number>()]
  const { add } = prometheusAt(base, { reach: nearbyOnly, queries: {} })
  assert.equal(await add({ namespace: 'store', pods: ['shop-1', 'shop.2'], into, nodes, cores }), true)
  assert.deepEqual(into.all(), [
    {
      what: 'cpu',
      owner: 'shop-1',
      container: 'app',
      points: [
        { at: 1_000_500, value: 1.5 },
        { at: 1_010_500, value: 2.5 },
      ],
    },
    { what: 'periods', owner: 'shop-1', container: 'app', points: [{ at: 1_000_500, value: 10 }] },
  ])
  assert.deepEqual([nodes.all().length, cores.get('n')], [1, 2])
  assert.ok(
    asked.some((query) => query.includes('pod=~"shop-1|shop[.]2"')),
    asked.join('\n'),
  )
})

test('queries of one’s own by name, and what is wrong with those that give nothing', async () => {
  const queries = { db: 'one', many: 'two', gone: 'none', bad: 'sum(' }
  const { observed } = prometheusAt(base, { reach: nearbyOnly, queries })
  const { found, wrong } = await observed(1_000_000, 1_002_000)
  assert.deepEqual(found, [
    {
      name: 'db',
      points: [
        { at: 1_000_000, value: 3 },
        { at: 1_002_000, value: 5 },
      ],
    },
  ])
  assert.deepEqual([...wrong].sort(), [
    'Of the query bad nothing is known: 1:5: parse error.',
    'Of the query gone nothing is known: it gives no values.',
    'Of the query many nothing is known: it gives 2 series: sum() or max() makes one of them.',
  ])
})
