import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScriptedCluster } from '../../../test/scripted-cluster.ts'
import { ErrorCode } from '../../protocol/index.ts'
import { connectionOptions, type KafkaOptions } from '../connection-options.ts'
import { Deadline } from '../deadline.ts'
import { KafkaError } from '../kafka-error.ts'
import { Connections } from './connections.ts'
import { Metadata } from './metadata.ts'

function metadataOf(cluster: ScriptedCluster, given: Partial<KafkaOptions> = {}) {
  const env = cluster.world.env('client')
  const options = connectionOptions({ bootstrapServers: 'b1:9092', ...given }, { poison: true })
  const connections = new Connections(env, options)
  const metadata = new Metadata({ env, options, connections, makesTopics: false, maxIdleMs: 60_000 })
  const within = (afterMs: number) => new Deadline(env.clock, { afterMs, what: 'nothing was heard' })
  const close = (): void => {
    metadata.close()
    connections.close()
  }
  return { metadata, within, close }
}

const isCode = (code: string) => (error: unknown) => error instanceof KafkaError && error.code === code

test('many that want to know share one question, and those that come meanwhile the next', async () => {
  const cluster = new ScriptedCluster({ brokers: 2 })
  await cluster.run(async () => {
    const { metadata, close } = metadataOf(cluster)
    metadata.want('t')
    await Promise.all(Array.from({ length: 20 }, () => metadata.update()))
    assert.equal(cluster.metadataAsked, 2)
    assert.deepEqual([...metadata.view.brokers.keys()], [1, 2])
    close()
    await assert.rejects(metadata.update(), isCode('CLOSED'))
  })
})

test('between an answer and the next question passes a while, unless it is about something new', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    const { metadata, within, close } = metadataOf(cluster, { retryBackoffMs: 500 })
    await metadata.topic('t', within(1000))
    const beginMs = cluster.world.nowMs
    await metadata.update()
    assert.ok(cluster.world.nowMs - beginMs >= 490, `${cluster.world.nowMs - beginMs} ms`)
    metadata.want('another')
    const newMs = cluster.world.nowMs
    await metadata.update()
    assert.ok(cluster.world.nowMs - newMs < 100, `${cluster.world.nowMs - newMs} ms`)
    close()
  })
})

test('what was heard a moment ago is not asked again, unless it was not about these topics', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    const { metadata, within, close } = metadataOf(cluster, { retryBackoffMs: 5000 })
    await metadata.lately(['t'])
    metadata.want('t')
    await metadata.topic('t', within(1000))
    const asked = cluster.metadataAsked
    await metadata.lately(['t'])
    assert.equal(cluster.metadataAsked, asked)
    metadata.want('another')
    await metadata.lately(['t', 'another'])
    assert.equal(cluster.metadataAsked, asked + 1)
    await cluster.sleep(150)
    await metadata.lately(['t'])
    assert.equal(cluster.metadataAsked, asked + 2, 'however long the client rests between two questions')
    close()
  })
})

test('what is known becomes old and is asked anew; topics that nobody wants any more are forgotten', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    const { metadata, within, close } = metadataOf(cluster, { metadataMaxAgeMs: 10_000 })
    await metadata.topic('t', within(1000))
    await cluster.sleep(35_000)
    assert.equal(cluster.metadataAsked, 4)
    await cluster.sleep(40_000)
    assert.equal(metadata.view.topics.size, 0)
    close()
  })
})

test('what somebody says to want is asked for as long as he says so, and the first question about it does not wait', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    const { metadata, within, close } = metadataOf(cluster, { retryBackoffMs: 500, metadataMaxAgeMs: 1000 })
    await metadata.cluster(within(1000))
    let names = ['t']
    const end = metadata.wantedBy(() => names)
    const beginMs = cluster.world.nowMs
    await metadata.update()
    assert.ok(cluster.world.nowMs - beginMs < 100, `${cluster.world.nowMs - beginMs} ms`)
    assert.equal(metadata.view.topics.size, 1)
    names = []
    await metadata.update()
    assert.equal(metadata.view.topics.size, 0)
    names = ['t']
    await metadata.update()
    end()
    await cluster.sleep(1500)
    assert.equal(metadata.view.topics.size, 0)
    close()
  })
})

test('where nobody that is known answers, the servers that were given are asked, if that is wanted', async () => {
  for (const strategy of ['rebootstrap', 'none'] as const) {
    const cluster = new ScriptedCluster()
    cluster.hostOf = () => 'gone'
    await cluster.run(async () => {
      const { metadata, within, close } = metadataOf(cluster, { metadataRecoveryStrategy: strategy })
      await metadata.cluster(within(1000))
      cluster.hostOf = (id) => `b${id}`
      const asked = within(20_000).within(metadata.update())
      if (strategy === 'none') await assert.rejects(asked, isCode('TIMED_OUT'))
      else await asked
      assert.equal(metadata.view.brokers.get(1)?.host, strategy === 'none' ? 'gone' : 'b1')
      close()
    })
  }
})

test('who is told to, and who was not answered for long, asks first the servers that were given', async () => {
  for (const isTold of [true, false]) {
    const cluster = new ScriptedCluster({ brokers: 4 })
    // The first one alone was given, and is not known.
    cluster.toldOf = [2, 3, 4]
    await cluster.run(async () => {
      const trigger = { metadataRecoveryRebootstrapTriggerMs: isTold ? 3_600_000 : 1000, requestTimeoutMs: 500 }
      const { metadata, within, close } = metadataOf(cluster, trigger)
      await metadata.cluster(within(1000))
      await metadata.update()
      assert.deepEqual([...metadata.view.brokers.keys()], [2, 3, 4])
      if (isTold) cluster.metadataError = ErrorCode.REBOOTSTRAP_REQUIRED
      else await cluster.sleep(2000)
      const asked = cluster.askedOf.length
      const update = metadata.update()
      await cluster.sleep(300)
      cluster.metadataError = ErrorCode.NONE
      await within(5000).within(update)
      const [first, second] = cluster.askedOf.slice(asked)
      assert.equal(isTold ? second : first, 1)
      assert.ok(!isTold || first !== 1)
      close()
    })
  }
})

test('a topic that may not be seen is told at once; one that is not there yet, when time is over, with what was said', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    const { metadata, within, close } = metadataOf(cluster)
    cluster.topicError = ErrorCode.TOPIC_AUTHORIZATION_FAILED
    await assert.rejects(metadata.topic('t', within(1000)), isCode('TOPIC_AUTHORIZATION_FAILED'))
    cluster.topicError = ErrorCode.LEADER_NOT_AVAILABLE
    await assert.rejects(metadata.topic('t', within(1000)), isCode('TIMED_OUT'))
    cluster.topicError = ErrorCode.NONE
    assert.equal((await metadata.topic('t', within(1000))).partitions.length, 1)
    close()
  })
})
