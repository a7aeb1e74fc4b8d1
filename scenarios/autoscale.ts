import { sleep } from 'k6'
import { plateaus } from './lib/load.ts'
import { request } from './lib/request.ts'
import { settings } from './lib/settings.ts'

export { handleSummary } from './lib/summary.ts'

/** Little, much, little: do the replicas follow the load, and what do users see meanwhile? */
const chosen = settings({ vus: 16, duration: '9m' })
export const options = plateaus('autoscale', [1, chosen.vus, 1], chosen)

const ask = request(chosen)
// Users who pause: one that never did would saturate a small replica on its own, and little would be much.
export default () => {
  ask()
  sleep(0.1)
}
