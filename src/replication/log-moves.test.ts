import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Disk, type Logger, present } from '../base/index.ts'
import { createEnv } from '../env/index.ts'
import { defaultLogConfig, LogManager, sameIntervals } from '../log/index.ts'
import { PartitionFixture } from '../server/handlers/partition-fixture.ts'
import { LogMoves } from './log-moves.ts'

const logger: Logger = { child: () => logger, log: () => undefined }

test('a move that begins while the node stops does not outlive the stop', async () => {
  const { disk: memory, clock, random } = createEnv({ disk: 'memory' })
  let made = (): void => undefined
  const { makeDirectory } = memory
  const disk: Disk = Object.assign(memory, {
    makeDirectory: async (path: string) => {
      if (path.includes('-future')) made()
      await makeDirectory.call(memory, path)
    },
  })
  const { replicas, manager: from } = await PartitionFixture.open(disk, { t: { replicas: [[1]] } })
  const partition = present(replicas.get('t', 0), 'the replica')
  await disk.makeDirectory('/more')
  const to = await LogManager.open({
    directory: '/more',
    disk,
    clock,
    random: random.stream('names'),
    logger,
    configOf: () => defaultLogConfig,
    onDirectoryFailure: (_, error) => assert.fail(error),
    intervals: sameIntervals(60_000),
    recoveriesMax: () => 1,
  })
  const moves = new LogMoves({
    clock,
    logger,
    directories: [from, to],
    idOf: ({ directory }) => (directory === '/more' ? partition.topicId : present(partition.assignedDirectory, 'id')),
    report: () => undefined,
    failed: () => undefined,
    bytesPerSecond: () => Number.MAX_SAFE_INTEGER,
    atOnceMax: () => 1,
  })
  let stopping: Promise<void> | undefined
  made = () => {
    stopping ??= moves.stop()
  }
  await moves.begin(partition, to, from)
  await stopping
  assert.equal(moves.targetOf(partition), undefined)
  await to.close(1)
  await from.close(1)
})
