import { soak } from './catalogue.ts'
import { arrivals } from './lib/load.ts'
import { scheduledRequest } from './lib/request.ts'
import { settings } from './lib/settings.ts'

export { handleSummary } from './lib/summary.ts'

const chosen = settings(soak.sizes)
const rates = Array<number>(6).fill(chosen.rate)
export const options = arrivals('soak', rates, chosen)
export default scheduledRequest(chosen, rates)
