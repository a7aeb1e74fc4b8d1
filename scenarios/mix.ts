import { plateaus } from './lib/load.ts'
import { mixed, request } from './lib/request.ts'
import { settings } from './lib/settings.ts'

export { handleSummary } from './lib/summary.ts'

/** What a service is asked beside its work: mostly work, sometimes its state, sometimes a load for a tenth of a second. */
const chosen = settings({ vus: 8, duration: '30s' })
const other = { ...chosen, ofWorkload: false }
const kinds = {
  work: request(chosen, { kind: 'work' }),
  cpu: request({ ...other, path: '/cpu' }, { kind: 'cpu' }),
  stress: request({ ...other, path: '/stress?seconds=0.1&cores=0.5&wait=true' }, { kind: 'stress' }),
}
export const options = plateaus('mix', [chosen.vus], chosen, Object.keys(chosen.weights))
export default mixed(kinds, chosen.weights)
