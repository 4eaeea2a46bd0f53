/** The files of leader epochs, where a broker comes to lead all partitions of a directory at once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DiskFile, uuidFromLatin1 } from '../base/index.ts'
import { World } from '../sim/index.ts'
import { defaultLogConfig, LogManager, sameIntervals } from './index.ts'

const logs = 200
const openMax = 32
const id = uuidFromLatin1('epochs'.padEnd(16))

test('as many files of epochs are open as logs are opened at a time, and all are written', async () => {
  const world = new World({ seed: 1, turn: setImmediate })
  const { disk, clock, random, logger } = world.env('node')
  let open = 0
  let openMost = 0
  const openFile = disk.open.bind(disk)
  const counting = async (...[path, options]: Parameters<typeof disk.open>): Promise<DiskFile> => {
    const file = await openFile(path, options)
    if (!path.endsWith('leader-epoch-checkpoint.tmp')) return file
    openMost = Math.max(openMost, ++open)
    const close = file.close.bind(file)
    return Object.assign(file, {
      close: async () => {
        await close()
        open--
      },
    })
  }
  const work = async (): Promise<void> => {
    const manager = await LogManager.open({
      directory: '/data',
      disk: Object.assign(disk, { open: counting }),
      clock,
      random: random.stream('names'),
      logger,
      configOf: () => defaultLogConfig,
      onDirectoryFailure: (_, error) => assert.fail(error),
      intervals: sameIntervals(1e12),
      recoveriesMax: () => 2,
    })
    const made = []
    for (let partition = 0; partition < logs; partition++) made.push(manager.getOrCreate({ topic: 't', partition }, id))
    for (const log of await Promise.all(made)) log.assignEpochStart(7, 0)
    await manager.close(1)
    for (let partition = 0; partition < logs; partition++) {
      const stat = await disk.stat(`/data/t-${partition}/leader-epoch-checkpoint`)
      assert.equal(stat?.size, '0\n1\n7 0\n'.length)
    }
  }
  await world.settle(work(), 1e9)
  assert.ok(openMost > 1 && openMost <= openMax, `${openMost} were open`)
  assert.equal(open, 0)
})
