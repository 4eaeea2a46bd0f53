/** Memory: the resident set after 20 GB over 200 connections, of which the broker keeps two at most. It runs on a broker that was just started. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { createTopic, touchAll } from '../../admin.ts'
import { figure } from '../../loadgen.ts'
import type { Scenario } from '../../scenario.ts'

const connections = 200
const partitions = 10
const bytes = 20e9
const settings = { 'segment.bytes': `${50e6}`, 'retention.bytes': `${150e6}` }
/** By default nothing is deleted before the load is over. */
const oftenChecked = 'log.retention.check.interval.ms=1000\nlog.initial.task.delay.ms=1000\n'

export const memoryRetained: Scenario = {
  name: 'memory/retained',
  figures: [
    { name: 'RSS after 20 GB', unit: 'MB', bar: { kind: 'ratio', bound: 'at-most', value: 0.2 } },
    { name: '20 GB over 200 connections', unit: 'MB/s' },
  ],
  async measure(session) {
    let configured = ''
    await session.restart('stop', ({ place }) => {
      configured = readFileSync(place.file, 'utf8')
      appendFileSync(place.file, oftenChecked)
    })
    const topic = 'retained'
    await createTopic(session.broker.port, { name: topic, partitions, settings })
    await touchAll(session.broker.port, { topic, partitions })
    const shape = { topic, partitions, connections, inflight: 1, batch: 65536, record: 1024 }
    const result = await session.load('produce', { ...shape, bytes: bytes * session.scale })
    const rssMb = session.rssMb
    await session.restart('stop', ({ place }) => writeFileSync(place.file, configured))
    return { 'RSS after 20 GB': rssMb, '20 GB over 200 connections': figure(result, 'mbPerSecond') }
  },
}
