/**
 * A process for `test/client-ending.test.ts`: has clients at work, goes on with them while their broker is away, and closes them. Tells
 * what it has come to by lines; waits for a line in between.
 */
import { setImmediate, setTimeout } from 'node:timers/promises'
import { Kafka } from '../../src/stack/client.ts'

const [bootstrapServers = '', groupProtocol = ''] = process.argv.slice(2)
const topic = 't'
const kafka = new Kafka({ bootstrapServers, logLevel: 'error' })
const producer = kafka.producer()
const admin = kafka.admin()
const member = kafka.consumer({
  ...{ groupId: 'g', autoOffsetReset: 'earliest', autoCommitIntervalMs: 100 },
  groupProtocol: groupProtocol === 'consumer' ? 'consumer' : 'classic',
})
const late = kafka.consumer({ groupId: 'late' })

/** What becomes of it is none of this test's business, but that something does. */
let underWay = 0
function begin(work: Promise<unknown>): void {
  underWay++
  const end = (): void => void underWay--
  work.then(end, end)
}

await producer.send(topic, { value: 'a', partition: 0 })
await producer.send(topic, { value: 'b', partition: 0 })
const loop = member.subscribe([topic])[Symbol.asyncIterator]()
await loop.next()
await loop.next()
await admin.listTopics()
process.stdout.write('at work\n')
// The broker goes away.
await new Promise((resolve) => process.stdin.once('data', resolve))
process.stdin.destroy()

begin(loop.next())
begin(member.commit())
begin(producer.send(topic, { value: 'c' }))
begin(producer.send('another', { value: 'c' }))
begin(admin.listTopics())
begin(admin.describeGroup('g'))
late.assign([{ topic, partition: 0 }])
begin(late[Symbol.asyncIterator]().next())
begin(late.endOffsets([{ topic, partition: 0 }]))
// By then each rests for as long as it ever does between two attempts.
await setTimeout(2500)
await Promise.allSettled([
  producer.close({ timeoutMs: 50 }),
  member.close({ timeoutMs: 50 }),
  late.close({ timeoutMs: 50 }),
  admin.close(),
])
// What was under way hears of it.
for (let turns = 0; turns < 5; turns++) await setImmediate()
const timers = process.getActiveResourcesInfo().filter((it) => it === 'Timeout').length
process.stdout.write(`${timers} timers, ${underWay} calls\n`)
