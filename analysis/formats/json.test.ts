import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { readJson } from './json.ts'

const Plan = z.object({ schema: z.literal(1), steps: z.array(z.object({ rate: z.number() })) })
const plan = '{"schema": 1, "steps": [{"rate": 5}]}'
const reason = (text: string): string => {
  const reading = readJson(text, Plan, 'a plan')
  assert.ok(reading.kind === 'unreadable')
  return reading.reason
}

test('JSON that matches is read, with or without a byte order mark', () => {
  const value = { schema: 1, steps: [{ rate: 5 }] }
  assert.deepEqual(readJson(plan, Plan, 'a plan'), { kind: 'ok', value })
  assert.deepEqual(readJson(`\uFEFF${plan}`, Plan, 'a plan'), { kind: 'ok', value })
})

test('the reason says whether it is empty, damaged, from a newer version, or something else', () => {
  assert.equal(reason(' \n'), 'the file is empty; was the program that writes it killed?')
  assert.match(reason(plan.slice(0, -1)), /^not valid JSON \(.*position 36.*\); was the file cut short\?$/)
  assert.equal(reason('{"schema": 2}'), 'written by a newer load-and-stress (schema 2; this version reads 1)')
  assert.match(reason('{"schema": 0, "steps": []}'), /^not a plan \(schema: /)
  assert.match(reason('{"schema": 1, "steps": [{}]}'), /^not a plan \(steps → 0 → rate: .*number/)
  assert.match(reason('null'), /^not a plan \(top level: /)
})

test('a reason is one line, even where the JSON has line breaks', () => {
  assert.match(reason('{\n"schema":\n\n}'), /^not valid JSON \(.*\); was the file cut short\?$/)
})
