/** A producer by KafkaJS that sends until it is told to end: topic, prefix, records a second, acks, codec, idempotent. */
import { setTimeout as delay } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { connectKafkajs } from './kafkajs.ts'

const pauseMs = 20
const [topic = '', prefix = '', rate, acks, codec, kind] = process.argv.slice(2)
const idempotent = kind === 'idempotent'
const { GZIP, None } = kafkajs.CompressionTypes
const compression = codec === 'gzip' ? GZIP : None
const each = Math.ceil((Number(rate) * pauseMs) / 1000)

let isTold = false
process.once('SIGTERM', () => {
  isTold = true
})
// More patience than a start of the broker takes: what was given up could not be sent again without being there twice.
const retry = { retries: 200, maxRetryTime: 500 }
const producer = connectKafkajs({ retry }).producer({ idempotent, maxInFlightRequests: 1, retry })
await producer.connect()
for (let sent = 0; !isTold; sent += each) {
  const values = Array.from({ length: each }, (_, i) => `${prefix}${sent + i}`)
  // One batch for one partition: of that the answer tells where each record lies.
  const partition = (sent / each) % 3
  const messages = values.map((value) => ({ value, partition }))
  const [answer] = await producer.send({ topic, messages, acks: Number(acks), compression })
  const base = Number(answer?.baseOffset)
  const lines = values.map((value, i) => JSON.stringify({ event: 'acknowledged', partition, offset: base + i, value }))
  process.stdout.write(`${lines.join('\n')}\n`)
  await delay(pauseMs)
}
await producer.disconnect()
