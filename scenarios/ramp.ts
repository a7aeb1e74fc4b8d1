import { ramp } from './catalogue.ts'
import { plateaus } from './lib/load.ts'
import { request, spreadRows } from './lib/request.ts'
import { settings } from './lib/settings.ts'

export { handleSummary } from './lib/summary.ts'

const chosen = settings(ramp.sizes)
export const options = plateaus('ramp', chosen.stages, chosen)
export default request(chosen, { firstRows: spreadRows(chosen, chosen.stages.length) })
