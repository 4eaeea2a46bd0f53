/**
 * The disk of a simulated node as one of its processes sees it. What outlives the process, and the faults, are in
 * `sim-volume.ts`. Operations off the loop take virtual time; those of the loop take none.
 */
import {
  type DirectoryEntry,
  type Disk,
  DiskError,
  type DiskFile,
  type DiskSpace,
  type FileLock,
  type OpenOptions,
} from '../base/index.ts'
import type { Life } from './scheduler.ts'
import type { SimFileContent } from './sim-file.ts'
import type { SimTree } from './sim-tree.ts'
import type { DiskOperation, SimVolume } from './sim-volume.ts'

class SimFile implements DiskFile {
  readonly path: string
  readonly forJobs = this
  readonly #volume: SimVolume
  readonly #life: Life
  readonly #content: SimFileContent
  readonly #writable: boolean
  #open = true

  constructor(options: { path: string; volume: SimVolume; life: Life; content: SimFileContent; writable: boolean }) {
    this.path = options.path
    this.#volume = options.volume
    this.#life = options.life
    this.#content = options.content
    this.#writable = options.writable
  }

  #check(write: boolean): SimFileContent {
    if (!this.#open || !this.#life.alive || (write && !this.#writable)) throw this.#error('EBADF')
    return this.#content
  }

  #error(code: string): DiskError {
    return new DiskError(code, this.path, `${code}: ${this.path}`)
  }

  /** Throws where the process ends in this operation. */
  #begin(operation: DiskOperation): void {
    begin(this.#volume, operation, this.path)
  }

  forWritingJobs(): DiskFile {
    return this
  }

  writtenByJob(): void {
    // It was this file itself.
  }

  size(): number {
    return this.#content.size
  }

  writeSync(bytes: Uint8Array, position: number): number {
    const content = this.#check(true)
    if (bytes.length === 0) return 0
    const die = this.#volume.begin('write')
    if (die !== undefined) {
      content.write(bytes.subarray(0, this.#volume.lastBytes(bytes.length)), position)
      die()
      throw this.#error('EBADF')
    }
    const room = this.#volume.room(content, bytes.length, position)
    if (room === 0) throw this.#error('ENOSPC')
    content.write(room === bytes.length ? bytes : bytes.subarray(0, room), position)
    content.modifiedMs = this.#volume.nowMs()
    return room
  }

  readSync(into: Uint8Array, start: number, end: number, position: number): number {
    const content = this.#check(false)
    this.#volume.countRead()
    if (this.#volume.failsRead()) throw this.#error('EIO')
    const size = Math.max(0, Math.min(end - start, content.size - position))
    // What stands elsewhere may be shorter: the rest of the sector is zero.
    const found = content.read(into, start, start + size, this.#volume.readPosition(content, position))
    into.fill(0, start + found, start + size)
    return size
  }

  truncateSync(size: number): void {
    const content = this.#check(true)
    this.#begin('truncate')
    content.resize(size)
    content.modifiedMs = this.#volume.nowMs()
  }

  write(chunks: readonly Uint8Array[], position: number): Promise<number> {
    return this.#volume.later(this.#life, () => {
      let end = position
      for (const chunk of chunks) {
        // Room that ran out after the first bytes shows as a short write.
        if (end > position && this.#volume.room(this.#content, chunk.length, end) < chunk.length) break
        end += this.writeSync(chunk, end)
      }
      return end - position
    })
  }

  read(into: Uint8Array, start: number, end: number, position: number): Promise<number> {
    return this.#volume.later(this.#life, () => this.readSync(into, start, end, position))
  }

  sync(): Promise<void> {
    const mark = this.#content.mark()
    return this.#volume.later(this.#life, () => {
      const content = this.#check(false)
      this.#begin('sync')
      if (this.#volume.failsSync()) {
        content.failSync(mark)
        throw this.#error('EIO')
      }
      content.sync(mark)
    })
  }

  close(): Promise<void> {
    return this.#volume.later(this.#life, () => {
      this.#check(false)
      this.#begin('close')
      this.#open = false
    })
  }
}

export class SimDisk implements Disk {
  readonly #volume: SimVolume
  readonly #life: Life
  readonly urgent = this

  constructor(volume: SimVolume, life: Life) {
    this.#volume = volume
    this.#life = life
  }

  /** Changes something: counted, and perhaps the last thing that the process does. */
  #change<T>(operation: DiskOperation, path: string, work: (tree: SimTree) => T): Promise<T> {
    return this.#volume.later(this.#life, () => {
      begin(this.#volume, operation, path)
      return work(this.#volume.tree)
    })
  }

  #read<T>(work: (tree: SimTree) => T): Promise<T> {
    return this.#volume.later(this.#life, () => {
      this.#volume.countRead()
      return work(this.#volume.tree)
    })
  }

  open(path: string, { mode }: OpenOptions): Promise<DiskFile> {
    return this.#change(mode === 'create' ? 'create' : 'open', path, (tree) => {
      if (mode === 'create') {
        if (tree.find(path) === undefined) tree.create(path)
        else tree.file(path).resize(0)
      }
      const content = tree.file(path)
      return new SimFile({ path, volume: this.#volume, life: this.#life, content, writable: mode !== 'read' })
    })
  }

  list(path: string): Promise<readonly DirectoryEntry[]> {
    return this.#read((tree) =>
      Array.from(tree.directory(path).entries, ([name, { kind }]): DirectoryEntry => ({ name, kind })).sort((a, b) =>
        a.name < b.name ? -1 : 1,
      ),
    )
  }

  stat(path: string): Promise<{ kind: 'file' | 'directory'; size: number; modifiedMs: number } | undefined> {
    return this.#read((tree) => {
      const node = tree.find(path)
      if (node === undefined) return undefined
      if (node.kind === 'directory') return { kind: node.kind, size: 0, modifiedMs: 0 }
      return { kind: node.kind, size: node.size, modifiedMs: node.modifiedMs }
    })
  }

  makeDirectory(path: string): Promise<void> {
    return this.#change('make directory', path, (tree) => tree.makeDirectory(path))
  }

  rename(from: string, to: string): Promise<void> {
    return this.#change('rename', from, (tree) => tree.rename(from, to))
  }

  unlink(path: string): Promise<void> {
    return this.#change('unlink', path, (tree) => tree.unlink(path))
  }

  /** One name after the other: the process may end in the middle. */
  removeTree(path: string): Promise<void> {
    return this.#volume.later(this.#life, () => {
      this.#volume.tree.removeTree(path, (name) => begin(this.#volume, 'unlink', name))
    })
  }

  syncDirectory(path: string): Promise<void> {
    return this.#change('sync directory', path, (tree) => tree.sync(tree.directory(path)))
  }

  lock(path: string): Promise<FileLock | undefined> {
    return this.#change('lock', path, (tree) => {
      const { locks } = this.#volume
      if (locks.get(path)?.alive === true) return undefined
      if (tree.find(path) === undefined) tree.create(path)
      locks.set(path, this.#life)
      return { release: () => this.#change('unlock', path, () => void locks.delete(path)) }
    })
  }

  space(): Promise<DiskSpace> {
    return this.#read(() => this.#volume.space())
  }
}

/** Throws where the process ends in this operation, of which nothing is done. */
function begin(volume: SimVolume, operation: DiskOperation, path: string): void {
  const die = volume.begin(operation)
  if (die === undefined) return
  die()
  throw new DiskError('EBADF', path, `EBADF: ${path}`)
}
