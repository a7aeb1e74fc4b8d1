/** Without user, password and query, for reports. */
export const shownUrl = (url: URL): string => `${url.origin}${url.pathname}`.replace(/\/$/, '')

/** What may be shown of a text that was meant to be a URL: nothing before an @, nothing of a query. */
export const shownText = (text: string): string => text.replace(/^.*@/s, '…@').replace(/[?#].*$/s, '?…')

/** Whether a text is an http or https address whose user and password can be decoded. */
export function isWebAddress(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password } = new URL(text)
  return /^https?:$/.test(protocol) && [username, password].every(decodes)
}

/** Whether a text with percent-encoding, such as a URL's user, can be decoded. */
export function decodes(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

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
