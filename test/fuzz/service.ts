import { chmodSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { commandIn } from '../command.ts'
import { damaged } from './damage.ts'
import { type Door, door, harmless, mostly } from './files.ts'
import { put, summaries } from './whole.ts'

/** A service that answers each of the few requests that are made before a load. */
const service = createServer((request, response) => request.resume().on('end', () => response.end('fine')))
await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
service.unref()
const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`

/** Stands for k6: reads the script, makes no request, and leaves a summary that was there already. */
const k6 = `#!/bin/sh
here="\${0%/*}"
copy() { while IFS= read -r line || [ -n "$line" ]; do printf '%s\\n' "$line"; done; }
copy >/dev/null
case "$1" in
  version) echo 'k6 v2.2.0' ;;
  inspect) copy <"$here/inspected" ;;
  run) copy <"$here/summary" >"$LAS_SUMMARY_PATH"; copy <"$here/log" >&2 ;;
esac
`
const inspected = JSON.stringify({
  scenarios: {
    one: { vus: 2, duration: '1s', startTime: '0s', tags: { stage: '1' } },
    two: { rate: 5, timeUnit: '1s', maxVUs: 4, duration: '2s', startTime: '1s', env: { OFFERED: '5' } },
  },
})
const log =
  'time="2026-01-02T03:04:05Z" level=warning msg="Request Failed" error="Get \\"http://127.0.0.1/\\": dial: connection refused"\n'

const tables = {
  csv: ['id,name\n1,"a ""b"", c"\n2,\n', 'id,name\r\n1,ä🙂\r\n\r\n'],
  json: ['[{"id":12345678901234567890,"name":"a"},{"id":"2","name":null}]', '[{"id":1,"name":"\\n"}]'],
  jsonl: ['{"id":1,"name":"a"}\n{"id":2,"name":"b"}\n', '{"id":1,"name":2}\n\n'],
}
const data = fc.constantFrom('csv', 'json', 'jsonl').chain((kind) =>
  fc.record({
    extension: fc.oneof(
      { weight: 4, arbitrary: fc.constant(kind) },
      fc.constantFrom('CSV', 'tsv', 'txt', 'ndjson'),
    ),
    rows: mostly(tables[kind as 'csv'], 3, { shaped: kind === 'json' }),
  }),
)
const part = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('{{id}}', '{{ name }}', 'x', '{"a":"{{name}}"}') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('{{constructor}}', '{{__proto__}}', '{{', '}}', '%', '/', '?', '#', '&', '\\'),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 5 }) },
)
const text = fc.array(part, { maxLength: 3 }).map((parts) => parts.join('').replaceAll('\0', ''))
const names = ['A', 'B', 'X-Id', 'Host', 'Content-Type', 'Cookie', 'Transfer-Encoding', 'Content-Length']

const run = fc.record({
  scenario: fc.constantFrom('smoke', 'constant', 'ramp', 'arrival', 'spike', 'soak'),
  path: text,
  body: fc.option(fc.oneof(text, fc.constant('@body'))),
  bodyFile: damaged(['{"id":"{{id}}"}']),
  headers: fc.array(fc.tuple(fc.constantFrom(...names), text), { maxLength: 1 }),
  data: fc.option(data, { freq: 4 }),
  token: fc.oneof({ weight: 4, arbitrary: fc.constant('') }, text),
  inspected: mostly([inspected], 8),
  summary: mostly(summaries, 2),
  log: mostly([log], 2, { shaped: false }),
})

/** Stands for kubectl: what it is asked to get, it reads from a file. */
const kubectl = `#!/bin/sh
for word; do case "$word" in
  pods | nodes | deployments | services) while IFS= read -r line || [ -n "$line" ]; do printf '%s\\n' "$line"; done <"\${0%/*}/$word"; exit ;;
esac; done
`
const waiting = { reason: 'ImagePullBackOff', message: 'no' }
const containers = [{ image: 'x:1', resources: { limits: { cpu: '1' } } }]
const resources = {
  pods: {
    metadata: { name: 'a' },
    spec: { nodeName: 'n', containers },
    status: {
      conditions: [{ type: 'PodScheduled', reason: 'Unschedulable', message: 'full' }],
      containerStatuses: [
        { ready: false, restartCount: 3, state: { waiting }, lastState: { terminated: { exitCode: 1 } } },
      ],
    },
  },
  nodes: { status: { addresses: [{ type: 'InternalIP', address: '127.0.0.1' }] } },
  deployments: {
    metadata: { generation: 1 },
    spec: { replicas: 2, template: { spec: { containers } } },
    status: {},
  },
}
const items = (item: unknown) => mostly([JSON.stringify({ items: [item, item] })], 1)

const ofCluster = fc.record({
  args: fc.constantFrom(
    ['cluster', 'status'],
    ['sweep'],
    ['sweep', '--vary', 'cpu=1,2', '--vary', 'env.A=b'],
    ['ab', '--a', 'image=x', '--b', 'image=y'],
  ),
  pods: items(resources.pods),
  nodes: items(resources.nodes),
  deployments: items(resources.deployments),
  warning: fc.constantFrom('', 'Warning: old\n', '{'),
})

export const serviceDoors: Door[] = [
  door('what kubectl says', ofCluster, (folder, { args, warning, ...said }) => {
    chmodSync(put(folder, 'bin/kubectl', kubectl), 0o755)
    for (const [name, text] of Object.entries(said))
      put(folder, `bin/${name}`, Buffer.concat([Buffer.from(warning), text]))
    return commandIn(folder, args, { ...harmless, PATH: `${folder}/bin` })
  }),
  door('runs with data, bodies, headers and what k6 says', run, (folder, each) => {
    chmodSync(put(folder, 'bin/k6', k6), 0o755)
    for (const name of ['inspected', 'summary', 'log'] as const) put(folder, `bin/${name}`, each[name])
    put(folder, 'body', each.bodyFile)
    const file = `data.${each.data?.extension}`
    if (each.data) put(folder, file, each.data.rows)
    return commandIn(
      folder,
      [
        ...['run', each.scenario, '--method', 'POST', `--path=/${each.path}`],
        ...(each.body === null ? [] : [`--body=${each.body}`]),
        ...each.headers.map(([name, value]) => `--header=${name}: ${value}`),
        ...(each.data ? ['--data', file] : []),
      ],
      { ...harmless, K6_BIN: `${folder}/bin/k6`, BASE_URL: url, TARGET_TOKEN: each.token },
    )
  }),
]
