import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { z } from 'zod'

/** A problem document (RFC 9457); `errors` names the fields that are wrong. */
export function problem(
  c: Context,
  status: ContentfulStatusCode,
  title: string,
  more: { detail?: string; errors?: { field: string; detail: string }[] } = {},
): Response {
  return c.body(JSON.stringify({ type: 'about:blank', title, status, ...more }), status, {
    'content-type': 'application/problem+json',
  })
}

export function invalidInput(c: Context, error: z.ZodError): Response {
  const errors = error.issues.flatMap((issue) => {
    const fields = issue.code === 'unrecognized_keys' ? issue.keys : [issue.path.join('.') || '(body)']
    return fields.map((field) => ({ field, detail: issue.message }))
  })
  const detail = errors.map((each) => `${each.field}: ${each.detail}`).join('; ')
  return problem(c, 400, 'Invalid input', { detail, errors })
}
