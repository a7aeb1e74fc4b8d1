import { figurePhrase } from '../formats/figure.ts'
import { changeInterval, number, percent, quantity } from '../formats/words.ts'
import { fewestRuns } from '../numbers/repeated.ts'
import type { ComparedGroup, Comparison } from '../runs/compare.ts'
import { isTagged } from '../runs/figures-compared.ts'
import type { Compared } from '../runs/judgement.ts'
import { changeWords, groupName, worstFirst } from './change-words.ts'

/** The answer of a comparison in a sentence: of the figures that decided it the worst, with its interval. */
export function comparisonSentence({ judgement, groups, effect }: Comparison): string {
  const group = groups.find((each) => each.judgement === judgement) ?? groups[0]
  if (!group) return 'Nothing to compare.'
  const of = groups.length > 1 ? `${groupName(group)}: ` : ''
  return of + groupSentence(group, effect)
}

function groupSentence(group: ComparedGroup, effect: number): string {
  const { metrics, judgement, refused, runs, suspect } = group
  const [reason] = refused
  if (reason !== undefined) return `Not compared: ${reason.replace(/\.$/, '')}.`
  if (metrics.length === 0) return 'No figure that both sides have differs in any run.'
  if (suspect) return 'Cannot tell: more runs of the candidate went wrong than can be ignored.'
  const deciding = metrics.filter((each) => each.judgement === judgement)
  // A part of the run says where to look.
  const sorted = [...deciding].sort((a, b) => Number(isTagged(b)) - Number(isTagged(a)) || worstFirst(a, b))
  const [first, ...more] = judgement === 'better' ? sorted.reverse() : sorted
  if (judgement === 'no difference' || !first)
    return `No difference: ${metrics.length > 1 ? `each of ${quantity(metrics.length, 'figure')}` : figurePhrase(metrics[0]?.metric ?? '')} is within ${percent(effect)} of the baseline.`
  if (judgement === 'cannot tell') {
    if (Math.min(runs.baseline, runs.candidate) < fewestRuns)
      return `Cannot tell: ${number(runs.baseline)} and ${quantity(runs.candidate, 'run')} are too few: it takes ${number(fewestRuns)} a side.`
    return `Cannot tell: ${figureWords(first)}${more.length > 0 ? `, and ${quantity(more.length, 'more figure')}` : ''}.`
  }
  return more.length === 0
    ? `${figureWords(first)}: ${judgement}.`
    : `${figureWords(first)}: ${judgement}, as ${more.length === 1 ? 'is' : 'are'} ${quantity(more.length, 'more figure')}.`
}

/** `p95 of checkout +12 % (9.1 to 15 %)` */
function figureWords(each: Compared): string {
  const { metric, interval, scale } = each
  const words = `${figurePhrase(metric)} ${changeWords(each)}`
  if (!interval) return words
  const { low, high } = interval
  return scale === 'ratio'
    ? `${words} (${changeInterval(low - 1, high - 1)})`
    : `${words} (${number(100 * low)} to ${number(100 * high)})`
}
