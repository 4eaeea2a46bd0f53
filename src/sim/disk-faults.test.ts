/** Each fault of the simulated disk, shown once. The contract of every disk is in `sim-disk.test.ts`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Disk, DiskError } from '../base/index.ts'
import { Life } from './scheduler.ts'
import { SimDisk } from './sim-disk.ts'
import { sectorBytes } from './sim-file.ts'
import { failsWith, machine, readAll } from './testdata/machine.ts'

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

test('a crash keeps or drops all that was not synced, where that is asked for', async () => {
  for (const fate of ['kept', 'dropped'] as const) {
    for (let seed = 0; seed < 5; seed++) {
      const { volume, use } = machine(seed)
      await use(async (disk) => {
        const file = await disk.open('/f', { mode: 'create' })
        await disk.syncDirectory('/')
        for (let i = 0; i < 9; i++) file.writeSync(Buffer.alloc(700, i), 700 * i)
        await (await disk.open('/g', { mode: 'create' })).close()
      })
      volume.crash(fate)
      await use(async (disk) => {
        assert.equal((await readAll(disk, '/f')).length, fate === 'kept' ? 6300 : 0)
        assert.equal((await disk.list('/')).length, fate === 'kept' ? 2 : 1)
      })
    }
  }
})

test('behind a failed sync the pages are clean: the next one succeeds, and what the first was to keep is lost', async () => {
  const { volume, use } = machine(6)
  await use(async (disk) => {
    const file = await disk.open('/f', { mode: 'create' })
    await disk.syncDirectory('/')
    file.writeSync(Buffer.from('lost'), 0)
    volume.setFaults({ syncErrorRate: 1 })
    await assert.rejects(file.sync(), failsWith('EIO'))
    volume.setFaults({ syncErrorRate: 0 })
    file.writeSync(Buffer.from('kept'), 4)
    await file.sync()
    assert.equal((await readAll(disk, '/f')).toString(), 'lostkept')
  })
  volume.crash('kept')
  await use(async (disk) => assert.equal((await readAll(disk, '/f')).toString(), '\0\0\0\0kept'))
})

test('a stored bit turns over where it was asked, or at a drawn place, and stays so', async () => {
  const places = new Set<number>()
  for (let seed = 0; seed < 20; seed++) {
    const { volume, use } = machine(seed)
    await use(async (disk) => {
      const file = await disk.open('/f', { mode: 'create' })
      file.writeSync(Buffer.alloc(100), 0)
      await file.sync()
      await disk.syncDirectory('/')
      volume.flipBit('/f', { position: 3, bit: 6 })
      assert.equal((await readAll(disk, '/f'))[3], 64)
    })
    volume.crash('dropped')
    const { position, bit } = volume.flipBit('/f')
    places.add(position)
    await use(async (disk) => {
      const expected = Buffer.alloc(100)
      expected[3] = 64
      expected[position] = (expected[position] ?? 0) ^ (1 << bit)
      assert.deepEqual(await readAll(disk, '/f'), expected)
    })
  }
  assert.ok(places.size > 10)
})

test('a misdirected read gives what stands elsewhere in the file, as many bytes as were asked for', async () => {
  const { volume, use } = machine(7)
  const seen = new Set<number>()
  await use(async (disk) => {
    const file = await disk.open('/f', { mode: 'create' })
    file.writeSync(Buffer.from(Array.from({ length: 100 }, (_, i) => 1 + i)), 0)
    const into = Buffer.alloc(8)
    volume.setFaults({ misdirectedReadRate: 0.5 })
    for (let i = 0; i < 40; i++) {
      assert.equal(file.readSync(into, 0, 8, 50), 8)
      seen.add(into[0] ?? 0)
    }
    volume.setFaults({ misdirectedReadRate: 0 })
    assert.equal(file.readSync(into, 0, 8, 50), 8)
    assert.equal(into[0], 51)
  })
  assert.ok(seen.has(51) && seen.size > 5)
})

test('a lost directory is gone with all that is in it, also after a crash; open files go on', async () => {
  const { volume, use } = machine(8)
  await use(async (disk) => {
    await disk.makeDirectory('/d/e')
    const file = await disk.open('/d/e/f', { mode: 'create' })
    await disk.syncDirectory('/d/e')
    await disk.syncDirectory('/d')
    await disk.syncDirectory('/')
    volume.loseDirectory('/d/e')
    assert.deepEqual(await disk.list('/d'), [])
    assert.equal(file.writeSync(Buffer.from('x'), 0), 1)
    await assert.rejects(disk.open('/d/e/g', { mode: 'create' }), failsWith('ENOENT'))
  })
  volume.crash('dropped')
  await use(async (disk) => assert.deepEqual(await disk.list('/d'), []))
})

/** One of each kind of operation. */
async function everything(disk: Disk): Promise<void> {
  const lock = await disk.lock('/.lock')
  await disk.makeDirectory('/d/e')
  const file = await disk.open('/d/f', { mode: 'create' })
  file.writeSync(Buffer.alloc(1000, 1), 0)
  await file.write([Buffer.alloc(10, 2), Buffer.alloc(10, 3)], 1000)
  file.truncateSync(1015)
  await file.sync()
  await file.close()
  await (await disk.open('/d/f', { mode: 'read' })).close()
  await disk.rename('/d/f', '/d/g')
  await disk.syncDirectory('/d')
  await disk.unlink('/d/g')
  await disk.removeTree('/d')
  await lock?.release()
}

/** What stands on the disk. */
async function state(disk: Disk): Promise<string> {
  const names = (await disk.list('/')).map(({ name }) => name)
  if (!names.includes('d')) return names.join()
  for (const { name, kind } of await disk.list('/d')) {
    names.push(kind === 'file' ? `${name}=${(await readAll(disk, `/d/${name}`)).length}` : name)
  }
  return names.join()
}

test('the world stops at the n-th operation, whatever it is, of which nothing or a part of a write is done', async () => {
  const whole = machine(9)
  await whole.use(everything)
  assert.equal(whole.volume.operations, 17)
  assert.deepEqual(Object.fromEntries(whole.volume.counts), {
    lock: 1,
    'make directory': 1,
    create: 1,
    write: 3,
    truncate: 1,
    sync: 1,
    close: 2,
    open: 1,
    rename: 1,
    'sync directory': 1,
    unlink: 3,
    unlock: 1,
  })
  const states: string[] = []
  for (let nth = 1; nth <= 17; nth++) {
    const { volume, use, scheduler } = machine(9)
    const life = new Life()
    let hasEnded = false
    volume.endInOperation(nth, () => {
      life.alive = false
      volume.crash('kept')
      hasEnded = true
    })
    const told: unknown[] = []
    everything(new SimDisk(volume, life)).then(
      () => told.push('done'),
      (error: unknown) => told.push(error),
    )
    await scheduler.run(1000, () => hasEnded)
    assert.equal(volume.operations, nth)
    // Of a write some first part is done.
    const isWrite = nth >= 4 && nth <= 6
    await use(async (disk) => {
      const found = await state(disk)
      states.push(isWrite ? found.replace(/f=\d+$/, 'f=part') : found)
    })
    // The process hears of its own end by what it does at once, and of nothing else.
    assert.deepEqual(
      told.map((error) => error instanceof DiskError && error.code),
      nth === 4 || nth === 7 ? ['EBADF'] : [],
    )
  }
  assert.deepEqual(states, [
    '',
    '.lock',
    '.lock,d,e',
    '.lock,d,e,f=part',
    '.lock,d,e,f=part',
    '.lock,d,e,f=part',
    '.lock,d,e,f=1020',
    '.lock,d,e,f=1015',
    '.lock,d,e,f=1015',
    '.lock,d,e,f=1015',
    '.lock,d,e,f=1015',
    '.lock,d,e,f=1015',
    '.lock,d,e,g=1015',
    '.lock,d,e,g=1015',
    '.lock,d,e',
    '.lock,d',
    '.lock',
  ])
})
