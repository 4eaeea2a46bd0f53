/**
 * A member of a share group by our own consumer, in a process that may be killed: topic, group, milliseconds for each record. Says what it
 * is given, and what became of what it said of it. Told to end, it closes.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { Kafka } from '../../src/stack/client.ts'
import { bootstraps } from './kit.ts'

const lifetimeMs = 600_000
const say = (line: Readonly<Record<string, unknown>>): boolean => process.stdout.write(`${JSON.stringify(line)}\n`)

const [topic = '', groupId = '', eachMs] = process.argv.slice(2)
const timer = setTimeout(() => process.exit(1), lifetimeMs)

const consumer = new Kafka({ bootstrapServers: bootstraps() }).shareConsumer({
  groupId,
  onAcknowledged(results) {
    for (const { partition, ranges, error } of results) {
      say({ event: 'acknowledged', partition, ranges, error: error?.code ?? null })
    }
  },
})
process.once('SIGTERM', () => {
  clearTimeout(timer)
  void consumer.close()
})
for await (const { partition, offset, value, deliveryCount } of consumer.subscribe([topic])) {
  say({ event: 'record', partition, offset, value: String(value), deliveryCount })
  if (Number(eachMs) > 0) await delay(Number(eachMs))
}
