import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { fixture } from '../../test/samples.ts'
import { recognise } from './recognise.ts'

const foreign = path.join(import.meta.dirname, '../../test/fixtures/foreign')
const points = readFileSync(path.join(foreign, 'points.jsonl'))
const summary = fixture('1.8.1-export.json')
const metric = '{"metric":"http_reqs","type":"Point","data":{"value":1}}'

const files: [what: string, content: string | Uint8Array, words: RegExp][] = [
  ['JSON lines', points, /single measurements as JSON lines.*summary is wanted/],
  ['JSON lines that begin with a point', metric, /as JSON lines/],
  ['CSV', 'metric_name,timestamp,metric_value,check\nhttp_reqs,1,1,\n', /as CSV.*summary is wanted/],
  ['gzip', gzipSync(summary), /gzip archive; unpack it/],
  ['zip', Buffer.from('PK\u0003\u0004...'), /zip archive; unpack it/],
  ['UTF-16', Buffer.from(`\uFEFF${summary}`, 'utf16le'), /UTF-16.*save it as UTF-8/],
  ['UTF-16, big endian', Buffer.from(`\uFEFF${summary}`, 'utf16le').swap16(), /UTF-16/],
  ['UTF-16 without its mark', Buffer.from(summary, 'utf16le'), /neither JSON nor UTF-8 text/],
  ['UTF-32', Uint8Array.of(0xff, 0xfe, 0, 0, 0x7b, 0, 0, 0), /UTF-32/],
  ['HTML', '\n<!DOCTYPE html>\n<html>', /HTML page/],
  ['XML', '<?xml version="1.0"?><testsuites/>', /XML/],
  ['text of an old k6', '\n     checks.........................: 92.50% ✓ 37 ✗ 3\n', /prints in a terminal/],
  ['text of a new k6', '\n  █ TOTAL RESULTS \n\n    http_reqs......: 40  9.9/s\n', /prints in a terminal/],
  ['text from the start', '     execution: local\n        script: x.js\n', /prints in a terminal/],
]

for (const [what, content, words] of files)
  test(`${what} is named, with what to do`, () => {
    const start = typeof content === 'string' ? Buffer.from(content) : content
    assert.match(recognise(start.subarray(0, 4096)) ?? '', words)
  })

test('what may be a summary is not judged by its start', () => {
  for (const name of ['1.8.1-export', '2.2.0-handle-summary', '2.2.0-machine-readable', '0.52.0-export'])
    assert.equal(recognise(Buffer.from(fixture(`${name}.json`)).subarray(0, 4096)), null)
  for (const name of ['bom', 'errors-99', 'grpc-threshold-crossed'])
    assert.equal(recognise(readFileSync(path.join(foreign, `${name}.json`))), null)
  for (const text of ['', '{', '{"type": "x"}', 'null', '{"note": "http_reqs...: 1"}'])
    assert.equal(recognise(Buffer.from(text)), null)
})
