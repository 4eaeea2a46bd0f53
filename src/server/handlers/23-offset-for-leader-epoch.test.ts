import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryDisk } from '../../env/index.ts'
import { ErrorCode, offsetForLeaderEpoch } from '../../protocol/index.ts'
import { offsetForLeaderEpochHandler } from './23-offset-for-leader-epoch.ts'
import { ask } from './handler-fixture.ts'
import { PartitionFixture } from './partition-fixture.ts'

test('OffsetForLeaderEpoch tells the last epoch up to the one asked for, and where it ends', async () => {
  const fixture = await PartitionFixture.open(new MemoryDisk(), { t: { replicas: [[1], [2]] } })
  const partition = fixture.partition('t')
  await fixture.append(partition, [1, 1, 1])
  fixture.lead(partition, 4)
  await fixture.append(partition, [1, 1])
  fixture.lead(partition, 6)
  const handler = offsetForLeaderEpochHandler({ replicas: fixture.replicas })
  const cases: readonly (readonly [
    asked: { readonly leaderEpoch: number; readonly currentLeaderEpoch?: number; readonly partition?: number },
    answer: readonly [errorCode: number, leaderEpoch: number, endOffset: number],
  ])[] = [
    [{ leaderEpoch: 0 }, [0, 0, 3]],
    [{ leaderEpoch: 3 }, [0, 0, 3]],
    [{ leaderEpoch: 4 }, [0, 4, 5]],
    [{ leaderEpoch: 6 }, [0, 6, 5]],
    [{ leaderEpoch: 7 }, [0, -1, -1]],
    [{ leaderEpoch: -1 }, [0, -1, -1]],
    [{ leaderEpoch: 0, currentLeaderEpoch: 6 }, [0, 0, 3]],
    [{ leaderEpoch: 0, currentLeaderEpoch: 5 }, [ErrorCode.FENCED_LEADER_EPOCH, -1, -1]],
    [{ leaderEpoch: 0, currentLeaderEpoch: 7 }, [ErrorCode.UNKNOWN_LEADER_EPOCH, -1, -1]],
    [{ leaderEpoch: 0, partition: 1 }, [ErrorCode.NOT_LEADER_OR_FOLLOWER, -1, -1]],
    [{ leaderEpoch: 0, partition: 2 }, [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1, -1]],
  ]
  const topics = cases.map(([asked]) => ({ topic: 't', partitions: [asked] }))
  const reply = await ask(handler, offsetForLeaderEpoch.request.create({ topics }))
  const answers = reply.topics.map(({ partitions: [it] }) => [it?.errorCode, it?.leaderEpoch, it?.endOffset])
  for (const [i, [asked, answer]] of cases.entries()) assert.deepEqual(answers[i], answer, JSON.stringify(asked))
})
