/** The clients of a Kafka that is newer than the one we follow: they negotiate, and work. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { runTool, type Tool, type ToolOptions } from './java-tool.ts'
import { bootstrap, isShortRun, uniqueName, newerKafkaVersion as version } from './kit.ts'
import { createTopic } from './topics.ts'

const count = 10_000
const tool = (name: Tool, args: readonly string[], options: ToolOptions = {}): Promise<string> =>
  runTool(name, ['--bootstrap-server', bootstrap(), ...args], { version, ...options })

describe(`clients of Kafka ${version}`, { skip: isShortRun ? 'in the full run only' : false }, () => {
  test('console producer and consumer, topics, groups', async () => {
    const topic = uniqueName('newer')
    const numbers = Array.from({ length: 100 }, (_, i) => `${i}`)
    await tool('topics', ['--create', '--topic', topic, '--partitions', '1'])
    await tool('consoleProducer', ['--topic', topic], { input: `${numbers.join('\n')}\n` })
    const group = uniqueName('newer')
    const read = [
      '--topic',
      topic,
      '--from-beginning',
      '--group',
      group,
      '--max-messages',
      '100',
      '--timeout-ms',
      '20000',
    ]
    assert.deepEqual((await tool('consoleConsumer', read)).trim().split('\n'), numbers)
    const described = await tool('consumerGroups', ['--describe', '--group', group])
    assert.match(described, new RegExp(`${topic}\\s+0\\s+100\\s+100\\s+0`))
  })

  test(`${count} records, verified`, async () => {
    const topic = await createTopic({ prefix: 'newer-verifiable', partitions: 3 })
    const produced = await tool('verifiableProducer', ['--topic', topic, '--max-messages', `${count}`, '--acks', '-1'])
    assert.equal(produced.match(/"producer_send_success"/g)?.length, count)
    const place = ['--topic', topic, '--group-id', uniqueName('newer'), '--max-messages', `${count}`]
    const consumed = await tool('verifiableConsumer', [
      ...place,
      '--reset-policy',
      'earliest',
      '--group-protocol',
      'classic',
      '--verbose',
    ])
    const values = [...consumed.matchAll(/"value":"(\d+)"/g)].map((match) => Number(match[1]))
    assert.deepEqual(
      values.sort((a, b) => a - b),
      Array.from({ length: count }, (_, i) => i),
    )
  })
})
