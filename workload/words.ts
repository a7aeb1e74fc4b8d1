import type { z } from 'zod'

/** What a value must be, in words that continue the name of its field: "must be at most 20". */
export function issueWords(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_big':
      return issue.inclusive === false
        ? `must be below ${issue.maximum}`
        : `must be at most ${issue.maximum}${length(issue.origin)}`
    case 'too_small':
      return issue.inclusive === false
        ? `must be above ${issue.minimum}`
        : `must be at least ${issue.minimum}${length(issue.origin)}`
    case 'invalid_type':
      return `must be ${types[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}`
    case 'invalid_format':
      return issue.format === 'uuid' ? 'must be the id of a job' : issue.message
    case 'unrecognized_keys':
      return 'is unknown'
    default:
      return issue.message
  }
}

const length = (origin: string) => (origin === 'string' ? ' characters long' : '')

const types: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  object: 'a JSON object',
  string: 'text',
}
