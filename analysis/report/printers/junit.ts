import type { Report } from '../blocks.ts'
import { tag } from './markup.ts'

/** JUnit's XML, which CI systems show as test results: one test case for each case of the report. */
export function junitXml({ suite, cases }: Report): string {
  const failures = cases.filter(({ failure }) => failure !== null).length
  const skips = cases.filter(({ skipped }) => skipped).length
  const { markup } =
    tag`<testsuites name="load-and-stress ${suite}" tests="${cases.length}" failures="${failures}"><testsuite name="${suite}" tests="${cases.length}" failures="${failures}" skipped="${skips}">${cases.map(
      ({ suite, name, failure, skipped }) => tag`
<testcase classname="${suite}" name="${name}">${failure === null ? null : tag`<failure message="${failure}"></failure>`}${skipped ? tag`<skipped message="${skipped}"></skipped>` : null}</testcase>`,
    )}
</testsuite></testsuites>`
  return `<?xml version="1.0" encoding="UTF-8"?>\n${markup.replace(notXml, '\uFFFD')}\n`
}

// XML 1.0 allows no other control characters (section 2.2), not even escaped ones.
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it replaces
const notXml = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g
