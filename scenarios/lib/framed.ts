import crypto from 'k6/crypto'
import encoding from 'k6/encoding'
import exec from 'k6/execution'

type Data = { readonly state?: { readonly testRunDurationMs?: number } }

/**
 * A `handleSummary` that prints k6's summary where a log keeps it whole: as base64 with a checksum, in lines that other
 * output may lie between. It also says which execution segment this k6 had, and when it started.
 */
export function framedSummary(data: Data): Record<string, string> {
  const { executionSegment: segment, scenarios, thresholds } = exec.test.options
  const generator = {
    name: __ENV.LAS_GENERATOR || __ENV.HOSTNAME || null,
    segment: segment || null,
    startedAt: new Date(Date.now() - (data.state?.testRunDurationMs ?? 0)).toISOString(),
    load: crypto.sha256(JSON.stringify([scenarios, thresholds]), 'hex'),
  }
  return { stdout: framed('summary.json', JSON.stringify({ ...data, generator })) }
}

/** The same lines as analysis/formats/framed.ts, which reads them. */
function framed(name: string, content: string): string {
  const [sum, text] = [crypto.sha256(content, 'hex'), encoding.b64encode(content)]
  const parts = Math.ceil(text.length / perLine)
  return Array.from({ length: parts }, (_, part) => {
    const piece = text.slice(part * perLine, (part + 1) * perLine)
    // The line before may not have ended.
    return `${part === 0 ? '\n' : ''}@las1 ${name} ${sum} ${part + 1}/${parts} ${piece}\n`
  }).join('')
}

const perLine = 3800
