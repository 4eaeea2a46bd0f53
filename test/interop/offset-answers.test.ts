/** Requests about offsets, good and bad, in every version: the broker under test answers them as Apache Kafka. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Broker } from '../../bench/broker.ts'
import { startKafka } from '../../bench/kafka.ts'
import { createEnv } from '../../src/env/index.ts'
import { Wire } from '../wire.ts'
import { isShortRun, runFolder } from './kit.ts'
import { OffsetQuestions } from './offset-questions.ts'
import { quickGroups, startOwnBroker } from './own-broker.ts'
import { ping } from './ping.ts'

const { network } = createEnv()
const name = 'offset-answers'
const settings = { ...quickGroups, 'group.consumer.session.timeout.ms': '45000' }

async function answersOf(broker: Broker): Promise<readonly string[]> {
  try {
    const wire = await Wire.connect(network, '127.0.0.1', broker.port)
    const questions = new OffsetQuestions(wire)
    await questions.all()
    wire.destroy()
    return questions.lines
  } finally {
    await broker.stop()
  }
}

test('offsets are committed, fetched and deleted as by Kafka', {
  skip: isShortRun ? 'in the full run only' : false,
}, async (context) => {
  const theirs = await answersOf(await startKafka({ folder: join(runFolder('kafka'), name), settings, ping }))
  const ours = await answersOf(await startOwnBroker({ name: `own-${name}`, settings }))
  assert.ok(theirs.length > 500)
  assert.deepEqual(
    ours.filter((line, i) => line !== theirs[i]),
    theirs.filter((line, i) => line !== ours[i]),
  )
  context.diagnostic(`${theirs.length} answers`)
})
