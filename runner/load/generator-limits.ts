import { quantity } from '../../analysis/formats/words.ts'
import { largest } from '../../analysis/numbers/extremes.ts'
import type { Stage } from '../k6/inspect.ts'
import type { OutputOptions } from '../k6/outputs.ts'
import { Failure } from '../shell/exit.ts'

const oneK6 = {
  dashboard: 'shows',
  prometheus: 'sends the series of',
  otel: 'sends the series of',
  k6Out: 'writes the points of',
}

/** How many k6 share a load; one for as long as that is not known. */
export const sharing = ({ generators = 1 }: { readonly generators?: number | 'auto' | undefined }): number =>
  generators === 'auto' ? 1 : generators

/** A Failure where several k6 cannot share this load. */
export function checkShared(
  count: number,
  stages: readonly Stage[],
  options: Partial<OutputOptions>,
  duet: boolean,
): void {
  if (duet) throw new Failure('usage', 'a duet runs in one k6; leave --generators or --duet out')
  for (const [name, verb] of Object.entries(oneK6)) {
    const given = options[name as keyof OutputOptions]
    const flag = name === 'k6Out' ? 'k6-out' : name
    if (Array.isArray(given) ? given.length > 0 : given)
      throw new Failure('usage', `--${flag} ${verb} one k6; leave it or --generators out`)
  }
  const vus = Math.max(0, largest(stages.map((each) => each.vus)))
  if (vus < count)
    throw new Failure(
      'usage',
      `${quantity(vus, 'VU')} cannot be shared by ${count} generators; use more VUs, or fewer generators`,
    )
}

/** A Failure for what generators in a cluster cannot do. */
export function checkInside({ proxy }: { readonly proxy?: unknown }): void {
  if (proxy)
    throw new Failure(
      'usage',
      '--proxy is for k6 on this machine, and here it runs in pods; leave it out, or load from here (--on here)',
    )
}

/** A Failure for what is of generators in a cluster, where the load is made here. */
export function checkHere({
  generatorCpu,
  generatorMemory,
}: {
  readonly generatorCpu?: string | undefined
  readonly generatorMemory?: string | undefined
}): void {
  const found = generatorCpu ? 'cpu' : generatorMemory ? 'memory' : null
  if (found)
    throw new Failure(
      'usage',
      `--generator-${found} is for generators in a cluster, and k6 runs on this machine; add --on cluster, or leave it out`,
    )
}
