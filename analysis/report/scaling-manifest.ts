/** The size of a workload, and how an autoscaler is to keep it. */
export type Scaling = {
  /** deployment/NAME or statefulset/NAME */
  readonly resource: string
  readonly namespace: string | null
  /** The container that answers; null where its name is unknown. */
  readonly container: string | null
  readonly replicas: number
  /** CPU limit of the container in Kubernetes’ notation; null: as it is. */
  readonly cpu: string | null
  /** Average CPU use in per cent of the request; null where it is unknown: then there is no autoscaler. */
  readonly utilisation: number | null
}

/** How far off its target an autoscaler lets the average be; by default. */
const tolerance = 0.1

const kinds: Readonly<Record<string, string>> = { deployment: 'Deployment', statefulset: 'StatefulSet' }

/** A file, and the command that applies it, as its first line says. */
type Manifest = readonly [name: string, content: string]

/**
 * Files that give a workload that size: `size.yaml`, a patch of the container’s CPU with a request that equals the limit,
 * since utilisation is a share of the request; and `autoscaler.yaml`, or in the patch the number of replicas where no
 * target is known for an autoscaler. None for a resource of another kind.
 *
 * The size is a patch, as a part of a Deployment cannot be applied: `kubectl apply` would take the rest for removed, and
 * with `--server-side` it fails on a Deployment that was applied without.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/
 */
export function scalingManifests(scaling: Scaling): Manifest[] {
  const { resource, utilisation } = scaling
  const [kind = '', name = ''] = resource.split('/')
  const known = kinds[kind]
  if (known === undefined || name === '') return []
  const patch = sizePatch(scaling)
  return [
    ...(patch.length > 0 ? [sizeFile(scaling, patch)] : []),
    ...(utilisation === null ? [] : [autoscaler({ ...scaling, utilisation }, { kind: known, name })]),
  ]
}

const sizeFile = ({ resource, namespace }: Scaling, patch: readonly string[]): Manifest => {
  const where = namespace === null ? '' : ` -n ${namespace}`
  return ['size.yaml', lines(`# kubectl patch ${resource}${where} --patch-file size.yaml`, 'spec:', ...patch)]
}

const sizePatch = ({ container, cpu, replicas, utilisation }: Scaling): string[] => [
  // An autoscaler and a file that both set the replicas would undo each other.
  ...(utilisation === null ? [`  replicas: ${replicas}`] : []),
  ...(container !== null && cpu !== null
    ? [
        '  template:',
        '    spec:',
        '      containers:',
        `        - name: ${text(container)}`,
        '          resources:',
        '            requests:',
        `              cpu: ${text(cpu)}`,
        '            limits:',
        `              cpu: ${text(cpu)}`,
      ]
    : []),
]

const autoscaler = (
  { namespace, replicas, utilisation }: Scaling,
  { kind, name }: { readonly kind: string; readonly name: string },
): Manifest => [
  'autoscaler.yaml',
  lines(
    '# kubectl apply -f autoscaler.yaml',
    'apiVersion: autoscaling/v2',
    'kind: HorizontalPodAutoscaler',
    'metadata:',
    `  name: ${text(name)}`,
    ...(namespace === null ? [] : [`  namespace: ${text(namespace)}`]),
    'spec:',
    '  scaleTargetRef:',
    '    apiVersion: apps/v1',
    `    kind: ${kind}`,
    `    name: ${text(name)}`,
    '  minReplicas: 1',
    // Within its tolerance it may want that many at the rate that was asked for.
    `  maxReplicas: ${Math.ceil(replicas * (1 + tolerance))}`,
    '  metrics:',
    '    - type: Resource',
    '      resource:',
    '        name: cpu',
    '        target:',
    '          type: Utilization',
    `          averageUtilization: ${utilisation}`,
  ),
]

/**
 * The highest target utilisation, in per cent of the request, with which an autoscaler adds pods before they use the
 * share `used` that they used at the highest rate that held: it acts once the average is more than its tolerance above
 * the target. Load that grows while a pod starts needs a lower one. Null for a share that gives no target.
 * Source: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
 */
export function targetUtilisation(used: number): number | null {
  const target = Math.floor((100 * used) / (1 + tolerance))
  return target >= 1 ? target : null
}

const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`

// JSON is YAML, and a name such as 1e3 or yes stays text.
const text = (value: string): string => JSON.stringify(value)
