/** What the process of the sweep does, from an empty disk to a clean stop: the world stops at each disk operation of it. */
import type { SweepProcess } from './sweep-process.ts'
import { fileDeleteDelayMs, retentionMs, type TopicName, topicNames } from './topics.ts'

export type Step = (process: SweepProcess) => Promise<void> | void

const idempotent = { producerId: 5 }
const transactional = { producerId: 6, isTransactional: true }

const append =
  (rounds: number): Step =>
  async (process) => {
    for (let i = 0; i < rounds; i++) {
      await process.append('sized', idempotent)
      await process.append('sized', i % 2 === 0 ? {} : { sizeInBytes: 600 })
      await process.append('timed', { ...idempotent, sizeInBytes: 150 })
      await process.append('compacted', { ...idempotent, keys: [`a${i % 2}`, `b${i % 3}`, `c${i}`] })
      await process.append('ahead', { ...idempotent, sizeInBytes: 200 })
      await process.append('gone', i % 2 === 0 ? idempotent : { sizeInBytes: 300 })
    }
    await process.append('wide', { ...idempotent, count: 25 })
    await process.append('strict', idempotent)
  }

const transaction =
  (isCommit: boolean): Step =>
  async (process) => {
    await process.append('sized', transactional)
    await process.append('sized', idempotent)
    await process.endTransaction('sized', transactional.producerId, isCommit)
  }

const truncate: Step = async (process) => {
  await process.truncate('wide')
  await process.truncate('gone')
  await process.truncate('timed')
}

const createAll: Step = async (process) => {
  for (const topic of topicNames) await process.create(topic)
}

const flushAll: Step = async ({ manager }) => {
  for (const log of manager.logs) await log.flush()
}

/** One line each: a new kind of change is swept when it stands here. */
export const script: readonly Step[] = [
  ({ metadata }) => metadata.propose(2),
  createAll,
  append(3),
  ({ metadata }) => metadata.propose(3),
  (process) => process.checkpoint(),
  transaction(false),
  append(3),
  flushAll,
  (process) => process.newLeaderEpoch(),
  append(2),
  truncate,
  (process) => process.newLeaderEpoch(),
  append(2),
  (process) => process.deleteRecords('sized'),
  (process) => process.checkpoint(),
  ({ metadata }) => metadata.snapshot(),
  (process) => process.compact('compacted'),
  ({ manager }) => manager.applyRetention(),
  (process) => process.checkpoint(),
  ({ metadata }) => metadata.propose(3),
  (process) => process.sleep(2 * fileDeleteDelayMs),
  (process) => process.remove('gone'),
  appendBesides('gone'),
  (process) => process.create('gone'),
  transaction(true),
  append(2),
  ({ metadata }) => metadata.snapshot(),
  ({ metadata }) => metadata.cleanUp(),
  (process) => process.stop(),
  append(1),
  (process) => process.sleep(retentionMs + fileDeleteDelayMs),
  async (process) => {
    await Promise.all([process.manager.applyRetention(), process.checkpoint()])
  },
  (process) => process.compact('compacted'),
  (process) => process.sleep(2 * fileDeleteDelayMs),
  (process) => process.append('sized', transactional),
  append(1),
  (process) => process.stop(),
]

/** With one log less. */
function appendBesides(missing: TopicName): Step {
  return async (process) => {
    for (const topic of topicNames) {
      if (topic !== missing) await process.append(topic, idempotent)
    }
  }
}

/** What a process does that has found what the last one left: it goes on in every way. */
export const goOn: Step = async (process) => {
  for (const topic of topicNames) if (process.promises.of(topic).exists === 'no') await process.create(topic)
  process.newLeaderEpoch()
  await append(1)(process)
  await process.metadata.propose(2)
  await process.metadata.snapshot()
  await process.compact('compacted')
  await process.manager.applyRetention()
  await flushAll(process)
  await process.checkpoint()
  await process.sleep(2 * fileDeleteDelayMs)
}
