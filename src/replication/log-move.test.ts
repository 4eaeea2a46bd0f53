import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Clock, type Disk, DiskError, type Logger, present } from '../base/index.ts'
import { createEnv } from '../env/index.ts'
import { defaultLogConfig, LogManager, sameIntervals, Throttle } from '../log/index.ts'
import { PartitionFixture } from '../server/handlers/partition-fixture.ts'
import { LogMove } from './log-move.ts'

const logger: Logger = { child: () => logger, log: () => undefined }

/**
 * A replica that the controller knows in `/more` already, so that it takes its place there when it has all; a record is
 * appended in that moment.
 */
async function startLastMoment(options: { readonly bytesPerSecond: number }) {
  const { disk: memory, clock: real, random } = createEnv({ disk: 'memory' })
  const scene = { isFull: false }
  const { open } = memory
  const disk: Disk = Object.assign(memory, {
    open: async (...[path, how]: Parameters<Disk['open']>) => {
      const file = await open.call(memory, path, how)
      const { writeSync } = file
      return Object.assign(file, {
        writeSync: (bytes: Uint8Array, position: number) => {
          if (!scene.isFull || !path.includes('-future')) return writeSync.call(file, bytes, position)
          scene.isFull = false
          throw new DiskError('ENOSPC', path, `no space left on device: ${path}`)
        },
      })
    },
  })
  const fixture = await PartitionFixture.open(disk, { t: { replicas: [[1]] } })
  const partition = present(fixture.replicas.get('t', 0), 'the replica')
  const { log } = partition
  await disk.makeDirectory('/more')
  const to = await LogManager.open({
    directory: '/more',
    disk,
    clock: real,
    random: random.stream('names'),
    logger,
    configOf: () => defaultLogConfig,
    onDirectoryFailure: (_, error) => assert.fail(error),
    intervals: sameIntervals(60_000),
    recoveriesMax: () => 1,
  })
  const { handOver } = log
  log.handOver = async (...args) => {
    await fixture.append(partition, [1])
    await handOver.apply(log, args)
  }
  // Naps are short, and the throttle counts real time.
  const clock: Clock = { ...real, monotonic: () => real.monotonic(), after: (_ms, fire) => real.after(1, fire) }
  const move = new LogMove({
    partition,
    from: fixture.manager,
    to,
    future: await to.createFuture({ topic: 't', partition: 0 }, partition.topicId),
    directoryId: present(partition.assignedDirectory, 'a directory'),
    report: () => undefined,
    throttle: new Throttle(real, () => options.bytesPerSecond),
    clock,
    logger,
  })
  return { move, partition, scene }
}

test('a disk that is full in the last moment of a move is tried again', async () => {
  const { move, partition, scene } = await startLastMoment({ bytesPerSecond: 1e9 })
  scene.isFull = true
  assert.equal(await move.run(), true)
  assert.equal(partition.directory, '/more')
  // One for each time that it was about to take its place.
  assert.equal(partition.log.logEndOffset, 2)
})

test('who appends in the last moment of a move does not wait for its throttle', async () => {
  const { move, partition } = await startLastMoment({ bytesPerSecond: 1 })
  assert.equal(await move.run(), true)
  assert.equal(partition.directory, '/more')
})
