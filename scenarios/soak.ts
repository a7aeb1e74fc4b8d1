import { arrivals } from './lib/load.ts'
import { arrival } from './lib/request.ts'
import { settings } from './lib/settings.ts'

export { handleSummary } from './lib/summary.ts'

/** The same rate for long, in six windows: does anything grow – latency, memory, errors – that a short run hides? */
const chosen = settings({ rate: 20, duration: '30m' })
const rates = Array<number>(6).fill(chosen.rate)
export const options = arrivals('soak', rates, chosen)
export default arrival(chosen, rates)
