import { mix } from './catalogue.ts'
import { plateaus } from './lib/load.ts'
import { paused } from './lib/pause.ts'
import { mixed, request } from './lib/request.ts'
import { settings } from './lib/settings.ts'

export { handleSummary } from './lib/summary.ts'

const chosen = settings(mix.sizes)
const plain = { ...chosen, withServerTimes: false }
const kinds = {
  work: request(chosen, { kind: 'work' }),
  cpu: request({ ...plain, path: '/cpu' }, { kind: 'cpu' }),
  stress: request({ ...plain, path: '/stress?seconds=0.1&cores=0.5&wait=true' }, { kind: 'stress' }),
}
export const options = plateaus('mix', [chosen.vus], chosen, Object.keys(chosen.weights))
export default paused(chosen, 1, mixed(kinds, chosen.weights))
