import packageJson from '../package.json' with { type: 'json' }
import { variablesHelp } from './config.ts'

export const version: string = packageJson.version

export const help = (): string => `A service with adjustable CPU load, for load tests.

usage: npm run workload [-- --help | --version | health]
  health  check the workload on PORT: exits 0 if it is alive, else 1

Example: a load of half a core for 30 s
  PORT=8080 npm run workload
  curl 'http://127.0.0.1:8080/stress?seconds=30&cores=1&load=50'

Endpoints (parameters: see /openapi.json)
  GET    /                  a page with the CPU and the loads
  GET    /work              burn a fixed quantity of CPU
  GET    /stress            start a load; with wait=true, answer when it ends
  POST   /stress            start a load in the background
  GET    /stress/jobs       list the loads
  DELETE /stress/jobs       end all loads
  GET    /stress/jobs/{id}  show a load
  DELETE /stress/jobs/{id}  end a load
  GET    /cpu               CPU of the process, the container and the host in the last second
  GET    /history           CPU, memory, queue and /work requests of the last two minutes, by second
  GET    /insight           what this process is and does
  GET    /metrics           metrics for Prometheus
  GET    /healthz, /readyz  liveness and readiness

Environment
${variablesHelp()
  .map((line) => `  ${line}`)
  .join('\n')}

A web page of another site cannot start loads. So that no page can pass for one of this service (DNS rebinding),
/work, /stress and ending loads ask for a Host that is an address, this machine's name, or a name that nobody can
register: without a dot, or in .localhost, .local, .internal, .svc or .cluster.local. HOST_NAMES adds others.
Any Host will do where HOST is not loopback and clients need the STRESS_TOKEN, which no page knows, or where this
is a pod and HOST_NAMES is not set, since its Service, LoadBalancer and Ingress have names of their own.`
