/** Our own producer, which sends until it is told to end: topic, prefix, records a second, acks, codec, idempotent. */
import { setTimeout as delay } from 'node:timers/promises'
import { type CompressionName, CompressionType } from '../../src/records/index.ts'
import { Kafka } from '../../src/stack/client.ts'
import { bootstraps } from './kit.ts'

const pauseMs = 20
const [topic = '', prefix = '', rate, acks, codec = 'none', kind] = process.argv.slice(2)
const each = Math.ceil((Number(rate) * pauseMs) / 1000)
const isCodec = (name: string): name is CompressionName => name in CompressionType

let isTold = false
process.once('SIGTERM', () => {
  isTold = true
})
const kafka = new Kafka({ bootstrapServers: bootstraps(), clientId: 'interop' })
const producer = kafka.producer({
  acks: acks === '1' ? 1 : 'all',
  compressionType: isCodec(codec) ? codec : 'none',
  enableIdempotence: kind === 'idempotent',
})
let failure: unknown
for (let sent = 0; !isTold && failure === undefined; sent += each) {
  for (let i = sent; i < sent + each; i++) {
    const value = `${prefix}${i}`
    producer.send(topic, { value, partition: i % 3 }).then(
      ({ partition, offset }) => {
        process.stdout.write(`${JSON.stringify({ event: 'acknowledged', partition, offset, value })}\n`)
      },
      (error: unknown) => {
        failure ??= error
      },
    )
  }
  await delay(pauseMs)
}
await producer.close()
if (failure !== undefined) throw failure
