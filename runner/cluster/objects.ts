import { z } from 'zod'

const text = z.string().nullish()
const count = z.number().nullish()
const list = <Item extends z.ZodType>(item: Item) => z.array(item).nullish()
const part = <Shape extends z.ZodRawShape>(shape: Shape) => z.object(shape).nullish()

const strings = z.record(z.string(), z.string()).nullish()
const metadata = part({ name: text, generation: count, deletionTimestamp: text, labels: strings })
const condition = z.object({ type: text, reason: text, message: text })
const reason = part({ reason: text, message: text, exitCode: count, finishedAt: text })
const containers = z.array(
  z.object({
    name: text,
    image: text,
    resources: part({ limits: strings, requests: strings }),
    env: list(z.object({ name: z.string(), value: text })),
  }),
)
const controller = z.object({
  metadata,
  spec: part({
    replicas: count,
    selector: part({ matchLabels: strings }),
    template: z.object({ metadata, spec: part({ containers }) }),
  }),
  status: part({ observedGeneration: count, updatedReplicas: count, conditions: list(condition) }),
})

/** As far as they are read, the objects of each resource as the Kubernetes API describes them. */
export const objects: Readonly<Record<string, z.ZodType>> = {
  deployments: controller,
  statefulsets: controller,
  pods: z.object({
    metadata,
    spec: part({ nodeName: text, containers }),
    status: part({
      hostIP: text,
      conditions: list(condition),
      containerStatuses: list(
        z.object({
          name: text,
          image: text,
          ready: z.boolean().nullish(),
          restartCount: count,
          state: part({ waiting: reason, terminated: reason }),
          lastState: part({ terminated: reason }),
        }),
      ),
    }),
  }),
  services: z.object({
    metadata,
    spec: part({
      type: text,
      clusterIP: text,
      selector: strings,
      ports: list(z.object({ name: text, port: count, nodePort: count })),
    }),
    status: part({ loadBalancer: part({ ingress: list(z.object({ ip: text, hostname: text })) }) }),
  }),
  nodes: z.object({ status: part({ addresses: list(z.object({ type: text, address: text })) }) }),
  hpa: z.object({
    metadata,
    spec: part({ minReplicas: count, maxReplicas: count, scaleTargetRef: part({ kind: text, name: text }) }),
  }),
  verticalpodautoscalers: z.object({
    metadata,
    spec: part({ targetRef: part({ kind: text, name: text }), updatePolicy: part({ updateMode: text }) }),
  }),
  ingresses: z.object({
    spec: part({
      rules: list(
        z.object({
          host: text,
          http: part({ paths: z.array(z.object({ backend: part({ service: part({ name: text }) }) })) }),
        }),
      ),
    }),
  }),
}
