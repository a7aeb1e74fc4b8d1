/** Without user, password and query, for reports. */
export const shownUrl = (url: URL): string => `${url.origin}${url.pathname}`.replace(/\/$/, '')

/** For fetch, which refuses URLs that carry a user; k6 sends them as basic authentication, as this does. */
export function withCredentials(address: string): {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
} {
  const url = new URL(address)
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  url.username = ''
  url.password = ''
  return {
    url,
    headers: user === ':' ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` },
  }
}
