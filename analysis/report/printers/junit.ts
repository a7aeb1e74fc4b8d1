import type { Report } from '../blocks.ts'
import { tag } from './markup.ts'

/**
 * JUnit's XML, which CI systems show as test results: one test case for each case of the report. Valid by Jenkins'
 * junit-10.xsd (https://github.com/jenkinsci/xunit-plugin). A time that is unknown is left out.
 */
export function junitXml({ suite, cases, startedAt, seconds }: Report): string {
  const failures = cases.filter(({ failure }) => failure !== null).length
  const skips = cases.filter(({ skipped }) => skipped).length
  const counts = tag`tests="${cases.length}" failures="${failures}" errors="0"`
  const began = startedAt === null ? Number.NaN : Date.parse(startedAt)
  const timestamp = Number.isNaN(began) ? null : tag` timestamp="${new Date(began).toISOString()}"`
  const { markup } =
    tag`<testsuites name="load-and-stress ${suite}" ${counts}${time(seconds)}><testsuite name="${suite}" ${counts} skipped="${skips}"${timestamp}${time(seconds)}>${cases.map(
      ({ suite, name, failure, skipped, seconds = null }) => tag`
<testcase classname="${suite}" name="${name}"${time(seconds)}>${failure === null ? null : tag`<failure message="${failure}"></failure>`}${skipped ? tag`<skipped message="${skipped}"></skipped>` : null}</testcase>`,
    )}
</testsuite></testsuites>`
  return `<?xml version="1.0" encoding="UTF-8"?>\n${markup.replace(notXml, '\uFFFD')}\n`
}

/** The schema wants at most three decimals, and no exponent, which toFixed writes from 10^21 on. */
const time = (seconds: number | null) =>
  seconds !== null && seconds >= 0 && seconds < 1e21 ? tag` time="${seconds.toFixed(3)}"` : null

// XML 1.0 allows no other control characters (section 2.2), not even escaped ones.
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it replaces
const notXml = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g
