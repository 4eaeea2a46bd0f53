/** A producer by `@platformatic/kafka` that sends until it is told to end: topic, prefix, records a second, acks, codec, idempotent. */
import { setTimeout as delay } from 'node:timers/promises'
import { Producer, stringSerializers } from '@platformatic/kafka'
import { bootstraps } from './kit.ts'

const pauseMs = 20
const [topic = '', prefix = '', rate, acks, codec, kind] = process.argv.slice(2)
const each = Math.ceil((Number(rate) * pauseMs) / 1000)

let isTold = false
process.once('SIGTERM', () => {
  isTold = true
})
const producer = new Producer({
  clientId: 'interop',
  bootstrapBrokers: bootstraps(),
  serializers: stringSerializers,
  idempotent: kind === 'idempotent',
  // By itself it gives up before another broker leads.
  retries: 200,
  retryDelay: 250,
})
for (let sent = 0; !isTold; sent += each) {
  const values = Array.from({ length: each }, (_, i) => `${prefix}${sent + i}`)
  // One batch for one partition: of that the answer tells where each record lies.
  const partition = (sent / each) % 3
  const messages = values.map((value) => ({ topic, value, partition }))
  const { offsets } = await producer.send({
    messages,
    acks: Number(acks),
    compression: codec === 'gzip' ? 'gzip' : 'none',
  })
  const base = Number(offsets?.[0]?.offset)
  const lines = values.map((value, i) => JSON.stringify({ event: 'acknowledged', partition, offset: base + i, value }))
  process.stdout.write(`${lines.join('\n')}\n`)
  await delay(pauseMs)
}
await producer.close()
