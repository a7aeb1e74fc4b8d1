import { quantity } from '../formats/words.ts'
import { largest } from '../numbers/extremes.ts'
import type { Factors } from '../runs/factors.ts'

type Levels = Readonly<Record<string, string>>

/** `2 replicas, cpu 200m` */
export const levelsWords = (levels: Levels): string =>
  Object.entries(levels)
    .map(([name, level]) => (name === 'replicas' ? quantity(Number(level), 'replica') : `${name} ${level}`))
    .join(', ')

/** What images differ in: `1.4` of `registry/shop/api:1.4`, beside `registry/shop/api:1.5`. */
function imageNames(images: readonly string[]): (image: string) => string {
  const [first = ''] = images
  let length = first.length
  while (!images.every((each) => each.startsWith(first.slice(0, length)))) length--
  // One image alone keeps its name and tag.
  const before = images.length > 1 ? first.slice(0, length) : first.slice(0, first.lastIndexOf('/') + 1)
  const from = largest(['/', ':', '@'].map((mark) => before.lastIndexOf(mark))) + 1
  return (image) => image.slice(from)
}

/** The same with images as short as tells them apart: their names are longer than the tables. */
export function withShortImages(study: Factors): Factors {
  const short = imageNames(study.factors.find(({ name }) => name === 'image')?.levels ?? [])
  const level = (name: string, text: string) => (name === 'image' ? short(text) : text)
  const levels = (of: Levels) => ('image' in of ? { ...of, image: short(of.image ?? '') } : of)
  const figure = ({ effects, interactions }: Factors['rate']): Factors['rate'] => ({
    effects:
      effects?.map((each) => ({
        ...each,
        from: level(each.factor, each.from),
        to: level(each.factor, each.to),
      })) ?? null,
    interactions: interactions.map((each) => ({
      ...each,
      from: level(each.factor, each.from),
      to: level(each.factor, each.to),
      at: each.at.map((one) => ({ ...one, level: level(each.on, one.level) })),
    })),
  })
  return {
    ...study,
    cells: study.cells.map((cell) => ({ ...cell, levels: levels(cell.levels) })),
    rate: figure(study.rate),
    p95: figure(study.p95),
    laws: study.laws.map((law) => ({ ...law, levels: levels(law.levels) })),
  }
}
