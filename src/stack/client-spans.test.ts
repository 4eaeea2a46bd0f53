/** What clients tell while they work with a broker, by channels and as spans. */
import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { test } from 'node:test'
import { type BatchTrace, type FetchTrace, Kafka, type RebalanceTrace, type RequestTrace, traceWith } from './client.ts'
import { startBroker } from './start-broker.ts'

/** What comes by a channel until `end`. */
function heard<T>(name: string): { readonly events: T[]; readonly end: () => void } {
  const events: T[] = []
  const listener = (event: unknown): void => void events.push(event as T)
  subscribe(name, listener)
  return { events, end: () => void unsubscribe(name, listener) }
}

interface Span {
  readonly name: string
  readonly options: { readonly kind: number; readonly startTime: number; readonly attributes: object }
  readonly status: unknown[]
  endTime: number
}

test('requests, batches, fetches and rebalances are told while somebody listens', async () => {
  await using broker = await startBroker({ config: { 'message.max.bytes': 1000 } })
  const kafka = new Kafka({ bootstrapServers: broker.bootstrap, logLevel: 'error' })
  const requests = heard<RequestTrace>('odradek:client:request')
  const batches = heard<BatchTrace>('odradek:producer:batch')
  const fetches = heard<FetchTrace>('odradek:consumer:fetch')
  const rebalances = heard<RebalanceTrace>('odradek:consumer:rebalance')
  const spans: Span[] = []
  const startSpan = (name: string, options: Span['options']) => {
    const span: Span = { name, options, status: [], endTime: 0 }
    spans.push(span)
    return {
      recordException: (error: Error) => void span.status.push(error.message),
      setStatus: (status: object) => span.status.push(status),
      end: (endTime: number) => {
        span.endTime = endTime
      },
    }
  }
  const endSpans = traceWith({ startSpan }, { requests: true })

  const producer = kafka.producer()
  await producer.sendAll('told', [
    { value: 'a', partition: 0 },
    { value: 'b', partition: 0 },
  ])
  await assert.rejects(producer.send('told', { value: 'x'.repeat(2000), partition: 0 }))
  const consumer = kafka.consumer({ groupId: 'g', autoOffsetReset: 'earliest' })
  consumer.subscribe(['told'])
  for await (const { offset } of consumer) if (offset === 1) break
  await consumer.close()

  const [batch, refused] = batches.events
  assert.ok(batch !== undefined && batch.bytes > 60 && batch.ms > 0)
  assert.deepEqual(
    { ...batch, bytes: 0, ms: 0 },
    { topic: 'told', partition: 0, records: 2, bytes: 0, ms: 0, attempts: 1, baseOffset: 0, error: undefined },
  )
  assert.match(refused?.error?.message ?? '', /MESSAGE_TOO_LARGE/)
  const produce = requests.events.find(({ api }) => api === 'Produce')
  assert.ok(produce !== undefined && produce.sentBytes > batch.bytes && produce.receivedBytes > 20 && produce.ms > 0)
  assert.match(produce.broker, /:\d+$/)
  assert.ok(fetches.events.some(({ bytes, partitions, error }) => bytes > 0 && partitions === 1 && error === undefined))
  assert.deepEqual(
    rebalances.events.map(({ kind, groupId, partitions }) => [kind, groupId, partitions]),
    [
      ['assigned', 'g', [{ topic: 'told', partition: 0 }]],
      ['revoked', 'g', [{ topic: 'told', partition: 0 }]],
    ],
  )
  const names = new Set(spans.map(({ name }) => name))
  for (const name of ['send told', 'poll', 'Produce', 'Fetch', 'JoinGroup']) assert.ok(names.has(name), name)
  for (const { options, endTime } of spans) assert.ok(endTime >= options.startTime)
  assert.equal(spans.find(({ status }) => status.length > 0)?.name, 'send told')

  endSpans()
  for (const { end } of [requests, batches, fetches, rebalances]) end()
  const before = [spans.length, requests.events.length, batches.events.length]
  await producer.send('told', { value: 'c', partition: 0 })
  await producer.close()
  assert.deepEqual([spans.length, requests.events.length, batches.events.length], before)
})
