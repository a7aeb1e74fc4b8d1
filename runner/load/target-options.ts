import { isWebAddress, shownText } from '../shell/credentials.ts'
import { grouped, option, secret, toggle } from '../shell/flags.ts'
import { duration, given, pattern, queries, webAddress, withoutUser } from './values.ts'

/** Built by runner/Dockerfile. */
export const generatorImage = 'localhost/load-and-stress-runner:0.1.0'

export const deploymentFlags = grouped('A deployment of your own', {
  deployment: option(
    'LAS_DEPLOYMENT',
    'name',
    'a Deployment or StatefulSet on Kubernetes: NAME or NAMESPACE/NAME',
    given,
  ),
  namespace: option(
    'LAS_NAMESPACE',
    'name',
    'its namespace (the kube context’s; with --cluster: load-and-stress)',
    given,
  ),
  context: option('LAS_CONTEXT', 'name', 'the kube context (the current one)', given),
  service: option('LAS_SERVICE', 'name', 'its service; default: the one that selects its pods', given),
  port: option('LAS_PORT', 'port', 'of the service, by name or number; default: the only one', given),
  health: option(
    'LAS_HEALTH',
    'path',
    'answers 2xx or 3xx where it can be loaded; default: an open port is enough',
    pattern(/^\//, 'does not begin with /'),
  ),
  patience: option(
    'LAS_PATIENCE',
    'time',
    'waits for an API server that is away (a series: 2m) and for a node for its pods (20s)',
    duration,
  ),
  suspendAutoscaler: toggle(
    'LAS_SUSPEND_AUTOSCALER',
    'suspend its autoscaler while it is varied, and let it work again at the end',
  ),
  observe: option(
    'LAS_OBSERVE',
    'prometheus=url',
    'where to read what its pods use (the kubelet, else metrics.k8s.io)',
    (value) => {
      const [, url = ''] = /^prometheus=(.*)$/s.exec(value) ?? []
      if (!isWebAddress(url)) throw new Error(`"${shownText(value)}" is not prometheus=http://HOST:PORT`)
      return withoutUser(url)
    },
  ),
  observeQuery: option(
    'LAS_OBSERVE_QUERY',
    'name=promql',
    'of that Prometheus: one series, drawn in the report; may be repeated',
    queries,
    '\n',
  ),
  container: option('LAS_CONTAINER', 'name', 'the container that counts; default: the only one', given),
  address: option(
    'LAS_ADDRESS',
    'url',
    'where it is reached, such as its Ingress; default: its service',
    (value) => withoutUser(webAddress(value)),
  ),
})

export const targetFlags = grouped('Target', {
  url: secret(
    option('BASE_URL', 'url', 'base URL of your service; default: start the bundled workload', given),
  ),
  cluster: toggle('LAS_CLUSTER', 'the bundled workload on the current kube context'),
  allowPublic: toggle('LAS_ALLOW_PUBLIC', 'allow a target that is neither loopback nor private'),
})

export const generatorFlags = grouped('Generators in the cluster', {
  on: option(
    'LAS_ON',
    'where',
    'where k6 runs: here, or on the cluster of the deployment (cluster where its service is a ClusterIP)',
    pattern(/^(here|cluster)$/, 'is neither here nor cluster'),
  ),
  generatorImage: option('LAS_GENERATOR_IMAGE', 'image', `the runner's image (${generatorImage})`, given),
  generatorCpu: option(
    'LAS_GENERATOR_CPU',
    'cores',
    'of each generator: 500m, 2 (1)',
    pattern(/^([1-9]\d*m|0*[1-9]\d*|\d+\.\d+)$/, 'is not a number of cores such as 500m or 2'),
  ),
  generatorMemory: option(
    'LAS_GENERATOR_MEMORY',
    'size',
    'of each generator: 512Mi, 2Gi (512Mi)',
    pattern(/^[1-9]\d*(Ki|Mi|Gi|k|M|G)$/, 'is not a size such as 512Mi or 2Gi'),
  ),
})
