/**
 * What a log keeps that moves to another directory and back: its records, where it starts, how far it was compacted. To where
 * it is already it does not move.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Broker } from '../../bench/broker.ts'
import { runTool } from './java-tool.ts'
import { kcat } from './kcat.ts'
import { partitions } from './kept.ts'
import { against, bootstrap, isShortRun, runFolder, until } from './kit.ts'
import { librdkafka } from './librdkafka.ts'
import { directories, foldersOf, pathsOf } from './log-directories.ts'
import { startOwnBroker } from './own-broker.ts'
import { assertMoved, movers } from './replica-moves.ts'
import { createTopic } from './topics.ts'

const settings = { 'log.cleaner.backoff.ms': '200' }
/** Of a round of records in the topic that is compacted. */
const keys = 300
const segmentMs = 500
const ids = Array.from({ length: partitions }, (_, i) => i)
const at = (): string[] => ['--bootstrap-server', bootstrap()]

let broker: Broker
before(async () => {
  broker = await startOwnBroker({ name: 'moved-logs', settings, directories })
})
after(() => broker.stop())

/** Whether the checkpoint of the cleaner in this directory knows all partitions of the topic. */
function isNoted(directory: string, topic: string): boolean {
  const file = join(directory, 'cleaner-offset-checkpoint')
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  return ids.every((partition) => text.includes(`\n${topic} ${partition} `))
}

/** All records of topics, and where their logs start. */
async function contentsOf(topics: readonly string[]): Promise<readonly string[]> {
  const contents: string[] = []
  for (const topic of topics) {
    const lines = await kcat(['-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-f', '%p %o %T %k %s\\n'])
    contents.push(...lines.split('\n').slice(0, -1).sort())
  }
  const starts = await runTool('getOffsets', [...at(), '--topic', topics.join('|'), '--time', 'earliest'])
  return [...contents, ...starts.trimEnd().split('\n').sort()]
}

const sendRound = async (topic: string, round: string): Promise<void> => {
  await librdkafka('produce', { topic, count: keys, prefix: `${round}-` })
}

/** The newest two rounds of keys are left: those of the segment that is written to, and of the one before it. */
async function untilCompacted(topic: string): Promise<void> {
  let count = 0
  const condition = async (): Promise<boolean> => {
    count = (await kcat(['-C', '-t', topic, '-o', 'beginning', '-e', '-q'])).trimEnd().split('\n').length
    return count === keys * 2
  }
  await until({ what: `${topic} is compacted`, timeoutMs: 60_000, condition, seen: () => `${count} records` })
}

async function littleTopics(): Promise<readonly [compacted: string, trimmed: string, empty: string]> {
  const configs = { 'cleanup.policy': 'compact', 'segment.ms': `${segmentMs}`, 'min.cleanable.dirty.ratio': '0.01' }
  const compacted = await createTopic({ prefix: 'compacted', partitions, configs })
  await sendRound(compacted, 'a')
  await sendRound(compacted, 'b')
  await delay(segmentMs + 100)
  await sendRound(compacted, 'c')
  await untilCompacted(compacted)
  const trimmed = await createTopic({ prefix: 'trimmed', partitions })
  for (const partition of ids) await kcat(['-P', '-t', trimmed, '-p', `${partition}`], '0\n1\n2\n3\n4\n5\n')
  const file = join(runFolder(against), `${trimmed}.json`)
  const offsets = ids.map((partition) => ({ topic: trimmed, partition, offset: 4 }))
  writeFileSync(file, JSON.stringify({ version: 1, partitions: offsets }))
  await runTool('deleteRecords', [...at(), '--offset-json-file', file])
  return [compacted, trimmed, await createTopic({ prefix: 'empty', partitions })]
}

const inodesOf = (topics: readonly string[]): number[] =>
  topics.flatMap((topic) =>
    foldersOf(broker, topic).map((name) => statSync(join(dirname(broker.place.file), name)).ino),
  )

for (const [name, mover] of Object.entries(movers)) {
  const isLeftOut = isShortRun && name !== '@platformatic/kafka'
  const skip = isLeftOut ? 'in the full run only' : false
  test(`by ${name}: there and back, and to where it is`, { skip }, async () => {
    const [, second = '', third = ''] = pathsOf(broker)
    const there = [second, third] as const
    const ways = isShortRun ? [there] : [there, [third, second] as const, there]
    const topics = await littleTopics()
    const [compacted, trimmed, empty] = topics
    const before = await contentsOf(topics)
    assert.equal(before.filter((line) => /:4$/.test(line)).length, partitions, 'logs with a later start')
    for (const [to, from] of ways) {
      const move = { topics, partitions, to }
      await mover.begin(move)
      await mover.untilDone(move)
      assertMoved(broker, move)
      assert.deepEqual(await contentsOf(topics), before)
      assert.ok(isNoted(to, compacted) && !isNoted(from, compacted), 'the checkpoint of the cleaner comes along')
      const inodes = inodesOf(topics)
      await mover.begin(move)
      await mover.untilDone(move)
      assertMoved(broker, move)
      assert.deepEqual(inodesOf(topics), inodes)
    }
    await delay(segmentMs)
    await sendRound(compacted, 'd')
    await untilCompacted(compacted)
    for (const topic of [trimmed, empty]) await kcat(['-P', '-t', topic, '-p', '1'], 'later\n')
    const after = await contentsOf(topics)
    assert.ok(after.some((line) => / d-0$/.test(line)) && !after.some((line) => / b-0$/.test(line)))
    await broker.stop()
    broker = await broker.again()
    assert.deepEqual(await contentsOf(topics), after)
    assertMoved(broker, { topics, partitions, to: second })
  })
}
