/** A disk that is full, of which several operations hear at once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock, Disk, DiskFile } from '../base/index.ts'
import { World } from '../sim/index.ts'
import { DiskReserve } from './disk-reserve.ts'
import { ReservedDisk } from './reserved-disk.ts'
import { writeWholeFile } from './whole-file.ts'

/** Of a failure of a write one hears later. */
function late(disk: Disk, clock: Clock): Disk['open'] {
  const open = disk.open.bind(disk)
  return async (path, options) => {
    const file = await open(path, options)
    const write = file.write.bind(file)
    return Object.assign(file, {
      write: async (...args: Parameters<DiskFile['write']>) => {
        try {
          return await write(...args)
        } catch (error) {
          await new Promise((resolve) => void clock.after(100, () => resolve(undefined)))
          throw error
        }
      },
    })
  }
}

test('the reserve is given up once, and all that found the disk full have their turn again', async () => {
  const world = new World({ seed: 1, turn: setImmediate })
  const { disk, clock, random, logger } = world.env('node')
  const work = async (): Promise<void> => {
    await disk.makeDirectory('/data')
    const options = { disk, directory: '/data', sizeInBytes: 100_000, clock, logger }
    const reserve = new DiskReserve({ ...options, random: random.stream('reserve') })
    await reserve.open()
    reserve.keep()
    await new Promise((resolve) => void clock.after(1000, () => resolve(undefined)))
    const volume = world.disk('node')
    volume.setFaults({ capacityBytes: volume.tree.usedBytes() })
    const reserved = new ReservedDisk(Object.assign(disk, { open: late(disk, clock) }), [reserve])
    const names = ['one', 'two', 'three']
    await Promise.all(
      names.map((it) => writeWholeFile(reserved, `/data/${it}`, { bytes: Buffer.alloc(10), sync: true })),
    )
    assert.equal(reserve.givings, 1)
    for (const it of names) assert.equal((await disk.stat(`/data/${it}`))?.size, 10)
    await reserve.stop()
  }
  await world.settle(work(), 60_000)
})
