import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fixture } from '../../test/samples.ts'
import { framed, readFramed } from './framed.ts'
import { summariesInLog } from './logs.ts'

const content = fc.uint8Array({ maxLength: 12_000 })

test('what was framed is read again, in any order, twice, behind prefixes, with anything between', () => {
  fc.assert(
    fc.property(content, fc.infiniteStream(fc.string()), fc.integer(), (bytes, noise, seed) => {
      const lines = framed('a.bin', bytes).trimEnd().split('\n')
      const twice = [...lines, ...lines].sort((a, b) => (a + seed).localeCompare(b + seed))
      const log = twice.map((line) => `${noise.next().value}\n[pod/a/k6] 2026-01-01T00:00:00Z ${line}\r\n`)
      const { files, damaged } = readFramed(log.join(''))
      assert.deepEqual(damaged, [])
      assert.deepEqual(
        files.map(({ name, content }) => [name, content.equals(bytes)]),
        [['a.bin', true]],
      )
    }),
    { numRuns: 30 },
  )
})

test('a file of 280 KiB survives 60,000 lines of warnings', () => {
  const text = Array.from({ length: 28_000 }, (_, index) => `value ${index}`).join('\n')
  const lines = framed('summary.json', text).split('\n')
  const warning =
    'time="2026-01-01T00:00:00Z" level=warning msg="Request Failed" error="Get \\"http://x\\": EOF"\n'
  const log = lines.map((line) => `${warning.repeat(60_000 / lines.length)}${line}\n`).join('')
  assert.equal(readFramed(log).files[0]?.content.toString(), text)
})

test('a log that was rotated or cut short is noticed', () => {
  // Without padding, which could be lost and nothing with it.
  const whole = framed('summary.json', 'x'.repeat(20_001))
  const lines = whole.trimEnd().split('\n')
  assert.match(
    readFramed(lines.slice(2).join('\n')).damaged.join(),
    /^summary.json: 2 of 8 lines are missing \(1 to 2\); was the log rotated/,
  )
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), (cut) => {
      const { files, damaged } = readFramed(whole.slice(0, -cut - 1))
      assert.deepEqual([files.length, damaged.length], [0, 1])
    }),
  )
  const changed = readFramed(whole.replace(/ (1\/8) ..../, ' $1 AAAA'))
  assert.match(changed.damaged.join(), /checksum/)
})

test('summaries are found in logs, framed or as JSON, and k6’s text is named', () => {
  const json = fixture('2.2.0-handle-summary.json')
  const pretty = JSON.stringify(JSON.parse(json), null, 2)
  const found = summariesInLog(
    `time="…" level=info msg="{braces"\n2026-01-01T00:00:00Z ${json}\n${framed('summary.json', pretty)}\n${pretty}\n`,
  )
  assert.deepEqual(found.problems, [])
  assert.deepEqual(
    found.summaries.map((each) => JSON.parse(each)),
    [0, 1, 2].map(() => JSON.parse(json)),
  )
  assert.match(
    summariesInLog(`line\n${json.slice(0, 900)}`).problems.join(),
    /^the JSON summary in line 2 is cut/,
  )
  const behind = summariesInLog(`${json.slice(0, 900)}\n${json}\n`)
  assert.deepEqual([behind.summaries, behind.problems.length], [[json], 1])
  const text = '  █ TOTAL RESULTS\n    http_reqs......................: 40  9.9/s\n'
  assert.match(summariesInLog(text).problems.join(), /text that k6 prints.*cannot be merged.*framedSummary/)
  assert.match(summariesInLog('hello').problems.join(), /^has no summary of k6; let the script/)
})
