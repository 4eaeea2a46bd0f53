/** The contract of every disk. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Disk, DiskError } from '../base/index.ts'
import { failsWith, machine } from './testdata/machine.ts'

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
