import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addCadvisor, addPodMetrics, Readings } from './readings.ts'

// Lines of a kubelet 1.33 with containerd.
const id = '/kubepods/burstable/pod6ea621ac'
const cadvisor = (seconds: number, at: number) => `# TYPE container_cpu_usage_seconds_total counter
container_cpu_usage_seconds_total{container="",cpu="total",id="/",image="",name="",namespace="",pod=""} 60255.739482332 ${at}
container_cpu_usage_seconds_total{container="",cpu="total",id="${id}",image="",name="",namespace="store",pod="shop-1"} ${seconds + 0.1} ${at}
container_cpu_usage_seconds_total{container="app",cpu="total",id="${id}/d53f",image="localhost/app:1",name="d53f",namespace="store",pod="shop-1"} ${seconds} ${at}
container_cpu_usage_seconds_total{container="app",cpu="total",id="${id}x/d53f",image="localhost/app:1",name="d53f",namespace="other",pod="shop-1"} 7 ${at}
container_cpu_cfs_periods_total{container="app",id="${id}/d53f",image="localhost/app:1",name="d53f",namespace="store",pod="shop-1"} 879 ${at}
container_cpu_cfs_throttled_periods_total{container="app",id="${id}/d53f",image="localhost/app:1",name="d53f",namespace="store",pod="shop-1"} 5 ${at}
container_cpu_cfs_throttled_seconds_total{container="app",id="${id}/d53f",image="localhost/app:1",name="d53f",namespace="store",pod="shop-1"} 0.447 ${at}
container_memory_working_set_bytes{container="app",id="${id}/d53f",image="localhost/app:1",name="d53f",namespace="store",pod="shop-1"} 1.0305536e+07 ${at}
container_network_receive_bytes_total{container="",id="${id}",image="",interface="eth0",name="",namespace="store",pod="shop-1"} 1234 ${at}
machine_cpu_cores{boot_id="b",machine_id="",system_uuid=""} 2
`

test('a kubelet’s cAdvisor: the pods of one namespace, and the node', () => {
  const [pods, nodes] = [new Readings(), new Readings()]
  const of = { namespace: 'store', node: 'n', pods, nodes }
  assert.equal(addCadvisor(cadvisor(1, 1000), of), 2)
  addCadvisor(cadvisor(1, 1000), of)
  addCadvisor(cadvisor(3, 11_000), of)
  const found = pods
    .all()
    .map(({ what, owner, container, points }) => [what, owner, container, points.length])
  assert.deepEqual(found, [
    ['cpu', 'shop-1', '', 2],
    ['cpu', 'shop-1', 'app', 2],
    ['periods', 'shop-1', 'app', 2],
    ['throttled', 'shop-1', 'app', 2],
    ['memory', 'shop-1', 'app', 2],
    ['received', 'shop-1', '', 2],
  ])
  assert.deepEqual(pods.all()[1]?.points, [
    { at: 1000, value: 1 },
    { at: 11_000, value: 3 },
  ])
  assert.deepEqual(
    nodes.all().map(({ owner, points }) => [owner, points[0]?.value]),
    [['n', 60255.739482332]],
  )
  assert.equal(addCadvisor('<html>', of), null)
})

test('metrics.k8s.io: the mean CPU of each window, one after the other', () => {
  const pods = new Readings()
  const item = (timestamp: string, cpu: string) =>
    JSON.stringify({
      items: [
        {
          metadata: { name: 'shop-1' },
          timestamp,
          window: '10.5s',
          containers: [{ name: 'app', usage: { cpu, memory: '10476Ki' } }],
        },
      ],
    })
  assert.equal(addPodMetrics(item('2026-11-26T15:00:15Z', '200m'), pods), 10.5)
  addPodMetrics(item('2026-11-26T15:00:15Z', '200m'), pods)
  addPodMetrics(item('2026-11-26T15:00:30Z', '100000000n'), pods)
  const cpu = pods.all().find(({ what }) => what === 'cpu')
  assert.deepEqual(
    cpu?.points.map(({ value }) => Number(value.toFixed(6))),
    [0, 2.1, 3.6],
  )
  assert.equal(pods.all().find(({ what }) => what === 'memory')?.points[0]?.value, 10476 * 1024)
  assert.equal(addPodMetrics('{"kind":"Status"}', pods), null)
})
