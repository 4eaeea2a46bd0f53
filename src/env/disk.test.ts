import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { type Disk, DiskError } from '../base/index.ts'
import { createEnv } from './index.ts'

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
    await assert.rejects(
      disk.open(`${root}/none`, { mode: 'write' }),
      (error) => error instanceof DiskError && error.code === 'ENOENT',
    )
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
    await lock.release()
    const again = await disk.lock(`${root}/.lock`)
    assert.ok(again)
    await again.release()
  },
  'a file may have its syncs done by the thread for it': async (disk, root) => {
    const file = await disk.open(`${root}/s`, { mode: 'create', dedicatedSync: true })
    file.writeSync(Buffer.from('x'), 0)
    await Promise.all([file.sync(), file.sync()])
    await file.close()
  },
}

for (const kind of ['system', 'memory'] as const) {
  for (const [name, run] of Object.entries(cases)) {
    test(`${kind} disk: ${name}`, async () => {
      const { disk } = createEnv({ disk: kind })
      const root = kind === 'system' ? await mkdtemp(`${tmpdir()}/odradek-`) : '/root'
      await disk.makeDirectory(root)
      try {
        await run(disk, root)
      } finally {
        if (kind === 'system') await rm(root, { recursive: true })
      }
    })
  }
}
