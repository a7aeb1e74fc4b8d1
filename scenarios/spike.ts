import { spike } from './catalogue.ts'
import { arrivals } from './lib/load.ts'
import { scheduledRequest } from './lib/request.ts'
import { settings } from './lib/settings.ts'

export { handleSummary } from './lib/summary.ts'

const chosen = settings(spike.sizes)
const base = Math.max(1, Math.round(chosen.rate / 5))
const rates = [base, chosen.rate, base]
export const options = arrivals('spike', rates, chosen)
export default scheduledRequest(chosen, rates)
