import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

const servers: Server[] = []

export function closeForges(): void {
  for (const server of servers) server.close()
}

export type Comment = { readonly id: number; body: string }
export const token = 'ghs_0123456789abcdefABCDEF'

/** The API of a forge for comments, with its state: asks for its token, and is busy when it is told to. */
export async function aForge(comments: Comment[], busy: number[] = []): Promise<string> {
  const server = createServer(async (request, response) => {
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    const status = busy.shift()
    if (status) return answer(status, {})
    if (request.headers.authorization !== `Bearer ${token}` && request.headers['private-token'] !== token)
      return answer(401, { message: 'Bad credentials' })
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://127.0.0.1')
    const sent = (await request.toArray()).join('')
    const { body = '' } = sent ? JSON.parse(sent) : {}
    const written = (comment: Comment) => ({ ...comment, html_url: `http://forge/${comment.id}` })
    if (request.method === 'GET') {
      const [page, size] = [Number(searchParams.get('page')), Number(searchParams.get('per_page'))]
      return answer(200, comments.slice((page - 1) * size, page * size))
    }
    if (request.method === 'POST') {
      const made = { id: comments.length + 1, body }
      comments.push(made)
      return answer(201, written(made))
    }
    const found = comments.find(({ id }) => pathname.endsWith(`/${id}`))
    if (!found) return answer(404, {})
    found.body = body
    return answer(200, written(found))
  })
  servers.push(server)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
