import { autoscale } from './catalogue.ts'
import { plateaus } from './lib/load.ts'
import { paused } from './lib/pause.ts'
import { request, spreadRows } from './lib/request.ts'
import { settings } from './lib/settings.ts'

export { handleSummary } from './lib/summary.ts'

const chosen = settings(autoscale.sizes)
export const options = plateaus('autoscale', [1, chosen.vus, 1], chosen)

const send = request(chosen, { firstRows: spreadRows(chosen, 3) })
// Without a pause a single VU would saturate a small replica, and the low load would be a high one.
export default paused({ ...chosen, thinkMs: chosen.thinkMs || 100 }, 3, send)
