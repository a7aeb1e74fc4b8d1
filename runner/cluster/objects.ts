import { z } from 'zod'

const text = z.string().nullish()
const count = z.number().nullish()
const list = <Item extends z.ZodType>(item: Item) => z.array(item).nullish()
const part = <Shape extends z.ZodRawShape>(shape: Shape) => z.object(shape).nullish()

const metadata = part({ name: text, generation: count, deletionTimestamp: text })
const condition = z.object({ type: text, reason: text, message: text })
const reason = part({ reason: text, message: text, exitCode: count })
const containers = z.array(
  z.object({ image: text, resources: part({ limits: z.record(z.string(), z.string()).nullish() }) }),
)

/** As far as they are read, the objects of each resource as the Kubernetes API describes them. */
export const objects: Readonly<Record<string, z.ZodType>> = {
  deployments: z.object({
    metadata,
    spec: part({ replicas: count, template: z.object({ spec: part({ containers }) }) }),
    status: part({ observedGeneration: count, updatedReplicas: count, conditions: list(condition) }),
  }),
  pods: z.object({
    metadata,
    spec: part({ nodeName: text, containers }),
    status: part({
      conditions: list(condition),
      containerStatuses: list(
        z.object({
          ready: z.boolean().nullish(),
          restartCount: count,
          state: part({ waiting: reason }),
          lastState: part({ terminated: reason }),
        }),
      ),
    }),
  }),
  services: z.object({
    spec: part({ ports: list(z.object({ port: count, nodePort: count })) }),
    status: part({ loadBalancer: part({ ingress: list(z.object({ ip: text, hostname: text })) }) }),
  }),
  nodes: z.object({ status: part({ addresses: list(z.object({ type: text, address: text })) }) }),
  hpa: z.object({ metadata }),
}
