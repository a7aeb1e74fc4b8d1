import { commandIn, runOf } from '../../command.ts'
import { counting } from '../../service.ts'

// Runs in a network namespace of its own with 300 ports, in which 10.9.9.9 is this machine too; prints what happened as
// JSON. Only 127.0.0.0/8 is loopback to Linux, so connections to 10.9.9.9 keep their ports for a minute.
const [out = ''] = process.argv.slice(2)
const { port } = await counting('10.9.9.9', 20_000, (_, response) => response.end('fine'))
const load = ['--url', `http://10.9.9.9:${port}`, '--path', '/x', '--duration', '3s', '--slo', 'errors=0.5']

async function tried(args: string[]) {
  const stop = new AbortController()
  // Would wait for a minute.
  const said = (text: string) => text.includes('waiting …') && stop.abort()
  const { code, stderr } = await commandIn(out, args, {}, { signal: stop.signal, said })
  const run = /^report: /m.test(stderr) ? (await runOf(out, stderr)).run : null
  return { code, stderr, reasons: run?.verdict?.reasons, shortages: run?.k6.shortages }
}

const results = {
  few: await tried(['run', 'arrival', '--rate', '20', ...load]),
  kept: await tried(['run', 'arrival', '--rate', '200', '--max-vus', '20', '--keep-connections', ...load]),
  renewed: await tried([
    ...['run', 'arrival', '--rate', '200', '--max-vus', '20', '--renew-connections', '20'],
    ...load,
  ]),
  many: await tried(['run', 'arrival', '--rate', '200', ...load]),
  next: await tried(['run', 'constant', '--vus', '1', ...load]),
}
process.stdout.write(JSON.stringify(results))
process.exit()
