/**
 * What must not be printed of the text of a flag or variable that can hold a secret: a URL's user and password, the
 * values of its query, a header's value, the values of a body. The user's own broken text is read too.
 */
export function secretsIn(text: string): string[] {
  if (text.startsWith('image=')) return []
  const certain = /:\/\/([^\s]*)@/.exec(text)?.[1] ?? ''
  const guessed = [
    // A body; of a path and an address only their parts are secret.
    ...(/^(\/|\{\{)|:\/\//.test(text) ? [] : [text]),
    ...[...text.matchAll(/[?&;]?[\w.[\]-]+=([^&\s;,"]+)/g)].map(([, value = '']) => value),
    ...[...text.matchAll(/:\s*"((?:[^"\\]|\\.)+)"/g)].map(([, value = '']) => value),
    ...[...text.matchAll(/^[\w!#$%&'*+.^`|~-]+:(?!\/\/)(.*)$/gm)].flatMap(([, value = '']) => [
      value.trim(),
      ...value.split(/[\s;,=]+/),
    ]),
  ]
  return [
    ...variants(certain),
    ...certain.split(':').flatMap(variants),
    // Short ones and numbers would hide half of what is said.
    ...guessed.filter((each) => each.length >= 8 && !/^[\d.,:]+$/.test(each)).flatMap(variants),
  ]
}

/** A text as it may appear in URLs, in JSON and, line by line, in a log. */
function variants(text: string): string[] {
  const lines = [text, ...text.split(/\r?\n/)].map((line) => line.trim())
  return lines.flatMap((line) => [
    line,
    encodeURIComponent(Buffer.from(line).toString()),
    JSON.stringify(line).slice(1, -1),
  ])
}

/** The secrets of an environment: tokens and passwords by their names, headers, and those of URLs. */
export const secretsOfEnvironment = (env: NodeJS.ProcessEnv): string[] =>
  Object.entries(env).flatMap(([name, value = '']) => {
    if (/^(STRESS|TARGET)_TOKEN$/.test(name)) return variants(value)
    // Somebody else's may be a common word.
    if (/(TOKEN|PASSWORD|SECRET)$/i.test(name)) return variants(value).filter(({ length }) => length >= 8)
    return /HEADERS?$/.test(name) || /:\/\/.*@/s.test(value) ? secretsIn(value) : []
  })

/** Takes the secrets out of texts. */
export function maskOf(secrets: Iterable<string>): (text: string) => string {
  // The longest first, since one may begin with another. Very short ones would hide half of the text.
  const hidden = [...new Set(secrets)].filter(({ length }) => length > 2).sort((a, b) => b.length - a.length)
  return (text) => hidden.reduce((left, secret) => left.replaceAll(secret, '…'), text)
}

/** A sentence without the users, passwords and queries of any URL in it. */
export const withoutUrlSecrets = (sentence: string): string =>
  sentence
    .replace(/([a-z][\w+.-]*:\/\/)[^\s"]*@/gi, '$1…@')
    .replace(/([a-z][\w+.-]*:\/\/[^\s"?]*)\?[^\s"\\;)]+/gi, '$1?…')
