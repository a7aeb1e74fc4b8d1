import { existsSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { readText } from '../../analysis/formats/file.ts'
import { readJson } from '../../analysis/formats/json.ts'
import { quantity } from '../../analysis/formats/words.ts'
import { alarmsOf, type HistoryReport } from '../../analysis/report/history.ts'
import { isWebAddress, withCredentials } from '../shell/credentials.ts'
import { grouped, option, secret } from '../shell/flags.ts'
import type { Shell } from '../shell/shell.ts'
import { writeAtomically } from './folder.ts'

function address(value: string): URL {
  if (!isWebAddress(value)) throw new Error('not an http or https address')
  return new URL(value)
}

function shape(value: string): 'json' | 'slack' {
  if (value === 'json' || value === 'slack') return value
  throw new Error(`"${value}" is neither json nor slack`)
}

export const webhookFlags = grouped('Results', {
  webhook: secret(option('LAS_WEBHOOK', 'url', 'is told of each alarm, once', address)),
  webhookAs: option('LAS_WEBHOOK_AS', 'shape', 'json, or slack for {"text": …} (json)', shape),
})

/** Alarms that somebody was told of; the file begins with a dot, so that no reader of nights takes it for one. */
const Told = z.array(z.object({ series: z.string(), night: z.string() }))
type Told = z.infer<typeof Told>
const unsure = 3
const toldFile = (history: string): string => path.join(history, '.alarms-told.json')

/**
 * Tells a webhook of the alarms that it has not heard of. It never fails: an alarm that could not be delivered is
 * delivered with the next night. The address may hold a secret and is never said.
 */
export async function tellOfAlarms(
  shell: Shell,
  report: HistoryReport,
  {
    webhook,
    webhookAs = 'json',
    history,
  }: {
    readonly webhook: URL | undefined
    readonly webhookAs?: 'json' | 'slack' | undefined
    readonly history: string
  },
): Promise<void> {
  if (!webhook) return
  const file = toldFile(history)
  const known = existsSync(file) ? readText(file) : null
  const reading = known?.kind === 'ok' ? readJson(known.value, Told, 'a list of alarms') : known
  const told = reading?.kind === 'ok' ? reading.value : []
  const alarms = alarmsOf(report)
  const at = new Map(
    [...report.nights]
      .sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1))
      .map(({ id }, index) => [id, index]),
  )
  // With every night it becomes clearer with which one a change began.
  const same = (a: Told[number], b: Told[number]) =>
    a.series === b.series &&
    Math.abs((at.get(a.night) ?? -Infinity) - (at.get(b.night) ?? Infinity)) <= unsure
  const fresh = alarms.filter((alarm) => !told.some((each) => same(each, alarm)))
  if (fresh.length === 0) return
  const lines = fresh.map(({ words }) => words)
  const body =
    webhookAs === 'slack'
      ? {
          text: [
            `*load-and-stress: ${quantity(fresh.length, 'alarm')}*`,
            ...lines.map((line) => `• ${line}`),
          ].join('\n'),
        }
      : { alarms: fresh }
  const failure = await post(shell, webhook, body)
  if (failure !== null)
    return shell.say(
      `webhook: ${quantity(fresh.length, 'alarm')} not delivered (${failure}); the next night tries again`,
    )
  shell.say(`webhook: told of ${quantity(fresh.length, 'alarm')}`)
  // An alarm that has ended may come again.
  const kept = [...told.filter((each) => alarms.some((alarm) => same(each, alarm))), ...fresh]
  await writeAtomically(
    file,
    `${JSON.stringify(kept.map(({ series, night }) => ({ series, night })))}\n`,
  ).catch((error: Error) => shell.say(`webhook: cannot remember what it was told of (${error.message})`))
}

/** Null if it was taken, else why not. */
async function post(shell: Shell, webhook: URL, body: unknown): Promise<string | null> {
  const { url, headers } = withCredentials(webhook.href)
  try {
    const { ok, status } = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'load-and-stress', ...headers },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.any([shell.signal, AbortSignal.timeout(15_000)]),
    })
    return ok ? null : `it answered ${status}`
  } catch (error) {
    const { cause, name } = error as Error
    return cause instanceof Error && 'code' in cause
      ? String(cause.code)
      : name === 'TimeoutError'
        ? 'no answer in 15 s'
        : 'no answer'
  }
}
