import fc from 'fast-check'

/** Names that every object inherits, or that look like something else. */
const oddNames = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '',
  '0',
  'a{b:c}',
  'x\n',
  '🙂',
  '\u0000',
]

/** Becomes 1e999 in the text, which JSON reads as Infinity. */
const beyond = '@1e999'

const oddValues: readonly unknown[] = [
  ...[null, true, 0, -1, 0.5, 2 ** 53, 1e308, -1e308, 5e-324, beyond],
  ...['', 'x', '12', '1e5', 'nan', '1,5', '\u0000', 'x'.repeat(5000), 'two\nlines', '{{column}}', '%'],
  ...['http://', '//[', '2026-13-45T99:99:99Z', '__proto__', 'constructor', 'side=a'],
  ...[[], {}, [[]], [null], { ok: 1 }, { values: {} }, { toString: 1 }, { __proto__x: 1 }],
]

type Mutation = {
  /** Which member at each depth, by its index. */
  readonly steps: readonly number[]
  readonly what: 'tweak' | 'put' | 'delete' | 'add' | 'rename' | 'nest' | 'repeat' | 'swap'
  readonly value: unknown
  readonly name: string
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  steps: fc.array(fc.nat(60), { minLength: 1, maxLength: 6 }),
  what: fc.constantFrom(
    'tweak',
    'tweak',
    'tweak',
    'tweak',
    'put',
    'put',
    'delete',
    'add',
    'rename',
    'nest',
    'repeat',
    'swap',
  ),
  value: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...oddValues) }, fc.double(), fc.string()),
  name: fc.oneof(fc.constantFrom(...oddNames), fc.string()),
})

function set(at: object, name: string, value: unknown): void {
  // An assignment to __proto__ would not make a member.
  Object.defineProperty(at, name, { value, enumerable: true, configurable: true, writable: true })
}

const numbers = [0, -0, -1, 1, 0.5, 1e-9, 100, 2 ** 53, 1e308, -1e308, 5e-324, beyond]
const strings = [
  '',
  '0',
  'x\ny',
  '__proto__',
  'constructor',
  '1e999',
  'side=a',
  '2026-13-45',
  '//[',
  'p95',
  'fail',
  'a|b',
]

/** Another value of the same kind, which a schema lets through. */
function alike(held: unknown, index: number, name: string): unknown {
  if (typeof held === 'number') return numbers[index % numbers.length]
  if (typeof held === 'string') return strings[index % (2 * strings.length)] ?? name
  if (typeof held === 'boolean') return !held
  return held === null
    ? numbers[index % numbers.length]
    : Array.isArray(held)
      ? [...held].slice(index % 3)
      : {}
}

/** Follows the steps into a JSON value, and damages what is there. */
function mutate(at: unknown, { steps, what, value, name }: Mutation): void {
  if (typeof at !== 'object' || at === null) return
  const [step = 0, ...more] = steps
  const keys = Object.keys(at)
  const key = keys[step % keys.length]
  if (key === undefined) {
    set(at, name, value)
    return
  }
  const held = (at as Record<string, unknown>)[key]
  if (more.length > 0 && typeof held === 'object' && held !== null)
    mutate(held, { steps: more, what, value, name })
  else if (what === 'put') set(at, key, structuredClone(value))
  else if (what === 'tweak') set(at, key, alike(held, more.length + step, name))
  else if (what === 'add') set(at, name, structuredClone(value))
  else if (what === 'nest') set(at, key, [held])
  else if (what === 'repeat') set(at, key, Array(30).fill(held))
  else if (what === 'swap')
    set(at, key, (at as Record<string, unknown>)[keys[(step + 1) % keys.length] ?? key])
  else {
    delete (at as Record<string, unknown>)[key]
    if (what === 'rename') set(at, name, held)
  }
}

/** JSON of another shape. */
const reshaped = (texts: readonly string[]): fc.Arbitrary<Buffer> =>
  fc
    .tuple(fc.constantFrom(...texts), fc.array(mutation, { minLength: 1, maxLength: 4 }))
    .map(([text, mutations]) => {
      const json: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
      for (const each of mutations) mutate(json, each)
      return Buffer.from(JSON.stringify(json).replaceAll(`"${beyond}"`, '1e999'))
    })

const boms = [
  [0xef, 0xbb, 0xbf],
  [0xff, 0xfe],
  [0xfe, 0xff],
  [0xff, 0xfe, 0, 0],
  [0x1f, 0x8b],
  [0x50, 0x4b, 3, 4],
]

/** The same text with other bytes. */
const broken = (texts: readonly string[]): fc.Arbitrary<Buffer> =>
  fc
    .tuple(
      fc.constantFrom(...texts),
      fc.constantFrom('cut', 'flip', 'double', 'bom', 'utf16', 'latin1', 'crlf', 'empty', 'random'),
      fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
      fc.uint8Array({ maxLength: 40 }),
    )
    .map(([text, how, places, bytes]) => {
      const buffer = Buffer.from(text)
      const [place = 0] = places
      if (how === 'cut') return buffer.subarray(0, place % (buffer.length + 1))
      if (how === 'double') return Buffer.concat([buffer, buffer])
      if (how === 'bom') return Buffer.concat([Buffer.from(boms[place % boms.length] ?? []), buffer])
      if (how === 'utf16') return Buffer.from(text, 'utf16le')
      if (how === 'latin1') return Buffer.from(`${text.slice(0, -1)}é`, 'latin1')
      if (how === 'crlf') return Buffer.from(text.replaceAll('\n', '\r\n'))
      if (how === 'empty') return Buffer.from(' '.repeat(place % 3))
      if (how === 'random') return Buffer.from(bytes)
      for (const each of places) {
        const at = each % Math.max(1, buffer.length)
        buffer[at] = (buffer[at] ?? 0) ^ (1 << (each % 8))
      }
      return buffer
    })

/** Damaged files that began as one of these texts, which are JSON unless `shaped` is false. */
export const damaged = (texts: readonly string[], { shaped = true } = {}): fc.Arbitrary<Buffer> =>
  shaped
    ? fc.oneof({ weight: 4, arbitrary: reshaped(texts) }, { weight: 1, arbitrary: broken(texts) })
    : broken(texts)
