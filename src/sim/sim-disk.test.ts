import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Disk, DiskError } from '../base/index.ts'
import { SeededRandom } from './random.ts'
import { Life, Scheduler } from './scheduler.ts'
import { type DiskFaults, noDiskFaults, SimDisk, SimVolume } from './sim-disk.ts'
import { sectorBytes } from './sim-file.ts'

interface Machine {
  readonly volume: SimVolume
  readonly scheduler: Scheduler
  readonly use: (work: (disk: Disk) => Promise<void>) => Promise<void>
}

const machine = (seed: number, faults: Partial<DiskFaults> = {}): Machine => {
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

const readAll = async (disk: Disk, path: string): Promise<Buffer> => {
  const file = await disk.open(path, { mode: 'read' })
  const bytes = Buffer.alloc(file.size())
  assert.equal(file.readSync(bytes, 0, bytes.length, 0), bytes.length)
  await file.close()
  return bytes
}

const failsWith = (code: string) => (error: unknown) => error instanceof DiskError && error.code === code

/** The contract of every disk. */
const cases: Readonly<Record<string, (disk: Disk, root: string) => Promise<void>>> = {
  'writes are read back, within the file alone': async (disk, root) => {
    const file = await disk.open(`${root}/a`, { mode: 'create' })
    assert.equal(file.writeSync(Buffer.from('hello'), 0), 5)
    assert.equal(await file.write([Buffer.from(' wor'), Buffer.from('ld')], 5), 6)
    assert.equal(file.size(), 11)
    const into = Buffer.alloc(20, '.')
    assert.equal(file.readSync(into, 2, 20, 6), 5)
    assert.equal(into.toString(), '..world.............')
    assert.equal(await file.read(into, 0, 2, 11), 0)
    file.truncateSync(3)
    file.writeSync(Buffer.from('!'), 5)
    assert.equal(file.readSync(into, 0, 20, 0), 6)
    assert.equal(into.toString('latin1', 0, 6), 'hel\0\0!')
    await file.sync()
    await file.close()
    const emptied = await disk.open(`${root}/a`, { mode: 'create' })
    assert.equal(emptied.size(), 0)
    await emptied.close()
  },
  'a file that is not there, or is read only, says so': async (disk, root) => {
    await assert.rejects(disk.open(`${root}/none`, { mode: 'write' }), failsWith('ENOENT'))
    await assert.rejects(disk.open(`${root}/no/dir`, { mode: 'create' }), DiskError)
    assert.equal(await disk.stat(`${root}/none`), undefined)
    await (await disk.open(`${root}/b`, { mode: 'create' })).close()
    const file = await disk.open(`${root}/b`, { mode: 'read' })
    assert.throws(() => file.writeSync(Buffer.from('x'), 0), DiskError)
    await file.close()
  },
  'directories are listed, moved and removed whole, and open files outlive it': async (disk, root) => {
    await disk.makeDirectory(`${root}/d/e`)
    await disk.makeDirectory(`${root}/d/e`)
    const file = await disk.open(`${root}/d/z`, { mode: 'create' })
    assert.deepEqual(await disk.list(`${root}/d`), [
      { name: 'e', kind: 'directory' },
      { name: 'z', kind: 'file' },
    ])
    await disk.rename(`${root}/d`, `${root}/f`)
    await disk.syncDirectory(root)
    assert.equal((await disk.stat(`${root}/f/z`))?.kind, 'file')
    await disk.removeTree(`${root}/f`)
    await disk.removeTree(`${root}/f`)
    assert.equal(file.writeSync(Buffer.from('x'), 0), 1)
    await file.close()
    assert.equal(await disk.stat(`${root}/f`), undefined)
    await assert.rejects(disk.list(`${root}/f`), DiskError)
  },
  'a lock is held once': async (disk, root) => {
    const lock = await disk.lock(`${root}/.lock`)
    assert.ok(lock)
    assert.equal(await disk.lock(`${root}/.lock`), undefined)
    await lock.release()
    const again = await disk.lock(`${root}/.lock`)
    assert.ok(again)
    await again.release()
  },
  'syncs may overlap': async (disk, root) => {
    const file = await disk.open(`${root}/s`, { mode: 'create' })
    file.writeSync(Buffer.from('x'), 0)
    await Promise.all([file.sync(), file.sync()])
    await file.close()
  },
}

for (const [name, run] of Object.entries(cases)) {
  test(`simulated disk: ${name}`, () =>
    machine(1).use(async (disk) => {
      await disk.makeDirectory('/root')
      await run(disk, '/root')
    }))
}

test('a crash keeps all that was synced, and of the rest whole sectors of what was written', async () => {
  const sizes = { min: 1, max: 3000 }
  const fates = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.integer(sizes), fc.integer(sizes), async (seed, synced, unsynced) => {
      const { volume, use } = machine(seed)
      await use(async (disk) => {
        await disk.makeDirectory('/d')
        const file = await disk.open('/d/f', { mode: 'create' })
        file.writeSync(Buffer.alloc(synced, 1), 0)
        await file.sync()
        await disk.syncDirectory('/d')
        await disk.syncDirectory('/')
        file.writeSync(Buffer.alloc(unsynced, 2), synced)
      })
      volume.crash()
      await use(async (disk) => {
        const bytes = await readAll(disk, '/d/f')
        assert.ok(bytes.subarray(0, synced).every((byte) => byte === 1))
        const tail = bytes.subarray(synced)
        assert.ok(tail.length <= unsynced)
        // Zero where a dropped part left a hole; a change of fate lies at a sector only.
        for (let i = 1; i < tail.length; i++)
          assert.ok(tail[i] === tail[i - 1] || (synced + i) % sectorBytes === 0, `cut at ${synced + i}`)
        if (tail.length !== 0 && tail.length !== unsynced) assert.equal((synced + tail.length) % sectorBytes, 0)
        fates.add(tail.length === 0 ? 'dropped' : tail.length < unsynced || tail[0] === 0 ? 'torn' : 'kept')
      })
    }),
    { numRuns: 100, seed: 5 },
  )
  assert.deepEqual([...fates].sort(), ['dropped', 'kept', 'torn'])
})

test('writes over unsynced writes leave the older, the newer, or neither', async () => {
  const seen = new Set<string>()
  for (let seed = 0; seed < 60; seed++) {
    const { volume, use } = machine(seed)
    await use(async (disk) => {
      const file = await disk.open('/f', { mode: 'create' })
      file.writeSync(Buffer.from('0000'), 0)
      await file.sync()
      await disk.syncDirectory('/')
      file.writeSync(Buffer.from('1111'), 0)
      file.writeSync(Buffer.from('2222'), 0)
    })
    volume.crash()
    await use(async (disk) => void seen.add((await readAll(disk, '/f')).toString()))
  }
  assert.deepEqual([...seen].sort(), ['0000', '1111', '2222'])
})

test('a rename is durable once its directory is synced, and whole in any case', async () => {
  const seen = new Set<string>()
  for (let seed = 0; seed < 40; seed++) {
    const { volume, use } = machine(seed)
    const names = async (): Promise<string> => {
      let found = ''
      await use(async (disk) => {
        found = (await disk.list('/')).map(({ name }) => name).join()
      })
      return found
    }
    await use(async (disk) => {
      await (await disk.open('/old', { mode: 'create' })).close()
      await disk.syncDirectory('/')
      await disk.rename('/old', '/new')
    })
    volume.crash()
    seen.add(await names())
    await use(async (disk) => {
      await (await disk.open('/x', { mode: 'create' })).close()
      await disk.rename('/x', '/y')
      await disk.syncDirectory('/')
    })
    volume.crash()
    assert.match(await names(), /^(new|old),y$/)
  }
  assert.deepEqual([...seen].sort(), ['new', 'old'])
})

test('a full disk cuts writes short and then says ENOSPC; a failed sync loses what it was to keep', async () => {
  const { volume, use } = machine(3)
  await use(async (disk) => {
    const file = await disk.open('/f', { mode: 'create' })
    await file.sync()
    await disk.syncDirectory('/')
    volume.setFaults({ capacityBytes: 100 })
    assert.equal(file.writeSync(Buffer.alloc(150), 0), 100)
    assert.throws(() => file.writeSync(Buffer.alloc(1), 100), failsWith('ENOSPC'))
    assert.equal((await disk.space('/')).usableBytes, 0)
    volume.setFaults({ syncErrorRate: 1 })
    await assert.rejects(file.sync(), failsWith('EIO'))
    assert.equal(file.readSync(Buffer.alloc(100), 0, 100, 0), 100)
    volume.setFaults({ readErrorRate: 1 })
    assert.throws(() => file.readSync(Buffer.alloc(1), 0, 1, 0), failsWith('EIO'))
    volume.setFaults({ readErrorRate: 0 })
  })
  volume.crash()
  await use(async (disk) => assert.equal((await readAll(disk, '/f')).length, 0))
})

test('a stall holds what is off the loop', async () => {
  const { volume, scheduler, use } = machine(4)
  volume.stall(500)
  await use((disk) => disk.makeDirectory('/d'))
  assert.ok(scheduler.nowMs >= 500)
})
