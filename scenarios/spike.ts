import { arrivals } from './lib/load.ts'
import { arrival } from './lib/request.ts'
import { settings } from './lib/settings.ts'

export { handleSummary } from './lib/summary.ts'

/** A fifth of the rate, all of it at once, a fifth again: what does a rush do, and does the target recover from it? */
const chosen = settings({ rate: 100, duration: '30s' })
const calm = Math.max(1, Math.round(chosen.rate / 5))
const rates = [calm, chosen.rate, calm]
export const options = arrivals('spike', rates, chosen)
export default arrival(chosen, rates)
