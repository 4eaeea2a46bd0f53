/** A simulated machine for the tests of its disk: a volume, and processes that use it one after the other. */
import assert from 'node:assert/strict'
import { type Disk, DiskError } from '../../base/index.ts'
import { SeededRandom } from '../random.ts'
import { Life, Scheduler } from '../scheduler.ts'
import { SimDisk } from '../sim-disk.ts'
import { type DiskFaults, noDiskFaults, SimVolume } from '../sim-volume.ts'

export interface Machine {
  readonly volume: SimVolume
  readonly scheduler: Scheduler
  readonly use: (work: (disk: Disk) => Promise<void>) => Promise<void>
}

export const machine = (seed: number, faults: Partial<DiskFaults> = {}): Machine => {
  const scheduler = new Scheduler(setImmediate)
  const random = new SeededRandom(`${seed}`).stream('disk')
  const volume = new SimVolume({ scheduler, random, node: 'a', epochMs: 0, faults: { ...noDiskFaults, ...faults } })
  const use = async (work: (disk: Disk) => Promise<void>): Promise<void> => {
    let settled = false
    const working = work(new SimDisk(volume, new Life())).finally(() => {
      settled = true
    })
    await Promise.all([working, scheduler.run(scheduler.nowMs + 1e6, () => settled)])
    assert.ok(settled, 'the work came to an end')
  }
  return { volume, scheduler, use }
}

export const readAll = async (disk: Disk, path: string): Promise<Buffer> => {
  const file = await disk.open(path, { mode: 'read' })
  const bytes = Buffer.alloc(file.size())
  assert.equal(file.readSync(bytes, 0, bytes.length, 0), bytes.length)
  await file.close()
  return bytes
}

export const failsWith = (code: string) => (error: unknown) => error instanceof DiskError && error.code === code
