/** What every disk does, as one table of cases: run over the machine's, the one in memory and the simulated one. */
import assert from 'node:assert/strict'
import { type Disk, DiskError } from '../base/index.ts'

/** Each gets an empty directory `root`. */
export const diskCases: Readonly<Record<string, (disk: Disk, root: string) => Promise<void>>> = {
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
    assert.equal(await disk.lock(`${root}/.lock`), undefined)
    await again.release()
  },
  'a renamed file replaces another, and who has that one open keeps it': async (disk, root) => {
    const old = await disk.open(`${root}/to`, { mode: 'create' })
    old.writeSync(Buffer.from('old'), 0)
    const file = await disk.open(`${root}/from`, { mode: 'create' })
    file.writeSync(Buffer.from('new'), 0)
    await disk.rename(`${root}/from`, `${root}/to`)
    assert.equal(await disk.stat(`${root}/from`), undefined)
    const into = Buffer.alloc(3)
    const found = await disk.open(`${root}/to`, { mode: 'read' })
    assert.equal(found.readSync(into, 0, 3, 0), 3)
    assert.equal(into.toString(), 'new')
    assert.equal(old.readSync(into, 0, 3, 0), 3)
    assert.equal(into.toString(), 'old')
    for (const open of [old, file, found]) await open.close()
    await disk.unlink(`${root}/to`)
    assert.deepEqual(await disk.list(root), [])
  },
  'a file is no directory, a directory no file': async (disk, root) => {
    await (await disk.open(`${root}/file`, { mode: 'create' })).close()
    await disk.makeDirectory(`${root}/directory/deep`)
    const refused = (promise: Promise<unknown>): Promise<void> => assert.rejects(promise, DiskError)
    await refused(disk.open(`${root}/directory`, { mode: 'create' }))
    await refused(disk.open(`${root}/file/below`, { mode: 'create' }))
    await refused(disk.makeDirectory(`${root}/file/below`))
    await refused(disk.makeDirectory(`${root}/file`))
    await refused(disk.unlink(`${root}/directory`))
    await refused(disk.unlink(`${root}/none`))
    await refused(disk.rename(`${root}/none`, `${root}/some`))
    await refused(disk.rename(`${root}/file`, `${root}/directory`))
    await refused(disk.rename(`${root}/directory`, `${root}/file`))
    await refused(disk.list(`${root}/none`))
    await refused(disk.syncDirectory(`${root}/none`))
    assert.deepEqual(await disk.list(root), [
      { name: 'directory', kind: 'directory' },
      { name: 'file', kind: 'file' },
    ])
  },
  'an empty write, a read behind the end, a list of chunks with holes': async (disk, root) => {
    const file = await disk.open(`${root}/e`, { mode: 'create' })
    assert.equal(file.writeSync(new Uint8Array(0), 0), 0)
    assert.equal(file.size(), 0)
    assert.equal(await file.write([Buffer.from('a'), new Uint8Array(0), Buffer.from('b')], 1), 2)
    assert.equal(file.size(), 3)
    const into = Buffer.alloc(4)
    assert.equal(file.readSync(into, 0, 4, 100), 0)
    assert.equal(file.readSync(into, 0, 4, 0), 3)
    assert.equal(into.toString('latin1', 0, 3), '\0ab')
    file.truncateSync(6)
    assert.equal((await disk.stat(`${root}/e`))?.size, 6)
    await file.close()
  },
  'there is room': async (disk, root) => {
    const { totalBytes, usableBytes } = await disk.space(root)
    assert.ok(usableBytes > 0 && usableBytes <= totalBytes)
  },
  'what is urgent is done on the same files': async ({ urgent }, root) => {
    const file = await urgent.open(`${root}/s`, { mode: 'create' })
    file.writeSync(Buffer.from('x'), 0)
    await Promise.all([file.sync(), file.sync()])
    await file.close()
    assert.equal((await urgent.urgent.stat(`${root}/s`))?.size, 1)
  },
  'a closed file takes nothing more: its number may be that of another': async (disk, root) => {
    const file = await disk.open(`${root}/closed`, { mode: 'create' })
    await file.close()
    const isRefused = (error: unknown): boolean => error instanceof DiskError && error.code === 'EBADF'
    assert.throws(() => file.writeSync(Buffer.from('x'), 0), isRefused)
    assert.throws(() => file.readSync(Buffer.alloc(1), 0, 1, 0), isRefused)
    assert.throws(() => file.truncateSync(0), isRefused)
    await assert.rejects(file.read(Buffer.alloc(1), 0, 1, 0), isRefused)
    await assert.rejects(file.sync(), isRefused)
  },
}
