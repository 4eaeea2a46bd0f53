/** A disk in memory, for tests and for `memory:` directories: the contract of the real one, gone with the process. */
import {
  type DirectoryEntry,
  type Disk,
  DiskError,
  type DiskFile,
  type DiskSpace,
  type FileLock,
  type OpenOptions,
} from '../base/index.ts'

/** Bytes that grow by doubling. */
class Content {
  bytes = Buffer.alloc(0)
  size = 0
  modifiedMs = 0

  clear(): void {
    this.bytes.fill(0, 0, this.size)
    this.size = 0
  }

  reserve(size: number): void {
    if (size <= this.bytes.length) return
    const bigger = Buffer.alloc(Math.max(size, this.bytes.length * 2, 4096))
    this.bytes.copy(bigger, 0, 0, this.size)
    this.bytes = bigger
  }
}

class MemoryFile implements DiskFile {
  readonly path: string
  readonly forJobs = undefined
  readonly #content: Content
  readonly #writable: boolean
  readonly #now: () => number
  #open = true

  constructor(options: { path: string; content: Content; writable: boolean; now: () => number }) {
    this.path = options.path
    this.#now = options.now
    this.#content = options.content
    this.#writable = options.writable
  }

  #check(write: boolean): Content {
    if (!this.#open || (write && !this.#writable)) {
      throw new DiskError('EBADF', this.path, `bad file descriptor: ${this.path}`)
    }
    if (write) this.#content.modifiedMs = this.#now()
    return this.#content
  }

  forWritingJobs(): undefined {
    return undefined
  }

  writtenByJob(): void {
    // No job writes it.
  }

  size(): number {
    return this.#content.size
  }

  writeSync(bytes: Uint8Array, position: number): number {
    const content = this.#check(true)
    const end = position + bytes.length
    content.reserve(end)
    content.bytes.set(bytes, position)
    content.size = Math.max(content.size, end)
    return bytes.length
  }

  readSync(into: Uint8Array, start: number, end: number, position: number): number {
    const content = this.#check(false)
    const size = Math.max(0, Math.min(end - start, content.size - position))
    into.set(content.bytes.subarray(position, position + size), start)
    return size
  }

  truncateSync(size: number): void {
    const content = this.#check(true)
    content.reserve(size)
    if (size < content.size) content.bytes.fill(0, size, content.size)
    content.size = size
  }

  async write(chunks: readonly Uint8Array[], position: number): Promise<number> {
    let end = position
    for (const chunk of chunks) end += this.writeSync(chunk, end)
    return end - position
  }

  async read(into: Uint8Array, start: number, end: number, position: number): Promise<number> {
    return this.readSync(into, start, end, position)
  }

  async sync(): Promise<void> {
    this.#check(false)
  }

  async close(): Promise<void> {
    this.#check(false)
    this.#open = false
  }
}

const parentOf = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf('/')))

export class MemoryDisk implements Disk {
  readonly #files = new Map<string, Content>()
  readonly #directories = new Set<string>(['/'])
  readonly #locks = new Set<string>()
  readonly #now: () => number
  readonly urgent = this

  /** `now`: the time that writes leave on files, in milliseconds since 1970. */
  constructor(now: () => number = () => 0) {
    this.#now = now
  }

  #missing(path: string): DiskError {
    return new DiskError('ENOENT', path, `no such file or directory: ${path}`)
  }

  async open(path: string, { mode }: OpenOptions): Promise<DiskFile> {
    if (this.#directories.has(path)) throw new DiskError('EISDIR', path, `is a directory: ${path}`)
    if (mode === 'create') {
      if (!this.#directories.has(parentOf(path))) throw this.#missing(path)
      const known = this.#files.get(path)
      if (known === undefined) this.#files.set(path, new Content())
      else known.clear()
    }
    const content = this.#files.get(path)
    if (content === undefined) throw this.#missing(path)
    return new MemoryFile({ path, content, writable: mode !== 'read', now: this.#now })
  }

  async list(path: string): Promise<readonly DirectoryEntry[]> {
    if (!this.#directories.has(path)) throw this.#missing(path)
    const entries: DirectoryEntry[] = []
    for (const file of this.#files.keys()) {
      if (parentOf(file) === path) entries.push({ name: file.slice(file.lastIndexOf('/') + 1), kind: 'file' })
    }
    for (const directory of this.#directories) {
      if (directory !== '/' && parentOf(directory) === path) {
        entries.push({ name: directory.slice(directory.lastIndexOf('/') + 1), kind: 'directory' })
      }
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async stat(path: string): Promise<{ kind: 'file' | 'directory'; size: number; modifiedMs: number } | undefined> {
    if (this.#directories.has(path)) return { kind: 'directory', size: 0, modifiedMs: 0 }
    const content = this.#files.get(path)
    return content === undefined ? undefined : { kind: 'file', size: content.size, modifiedMs: content.modifiedMs }
  }

  async makeDirectory(path: string): Promise<void> {
    const missing: string[] = []
    for (let at = path; !this.#directories.has(at); at = parentOf(at)) {
      if (this.#files.has(at))
        throw new DiskError(at === path ? 'EEXIST' : 'ENOTDIR', path, `a file is in the way: ${at}`)
      missing.push(at)
    }
    for (const at of missing) this.#directories.add(at)
  }

  async rename(from: string, to: string): Promise<void> {
    if (!this.#directories.has(parentOf(to))) throw this.#missing(to)
    const content = this.#files.get(from)
    if (content !== undefined) {
      if (this.#directories.has(to)) throw new DiskError('EISDIR', to, `is a directory: ${to}`)
      this.#files.delete(from)
      this.#files.set(to, content)
      return
    }
    if (!this.#directories.has(from)) throw this.#missing(from)
    if (this.#files.has(to)) throw new DiskError('ENOTDIR', to, `is a file: ${to}`)
    if (this.#directories.has(to)) throw new DiskError('ENOTEMPTY', to, `already there: ${to}`)
    const moved = (path: string): string => `${to}${path.slice(from.length)}`
    const inside = (path: string): boolean => path === from || path.startsWith(`${from}/`)
    for (const [path, file] of [...this.#files]) {
      if (!inside(path)) continue
      this.#files.delete(path)
      this.#files.set(moved(path), file)
    }
    for (const path of [...this.#directories]) {
      if (!inside(path)) continue
      this.#directories.delete(path)
      this.#directories.add(moved(path))
    }
  }

  async unlink(path: string): Promise<void> {
    if (this.#directories.has(path)) throw new DiskError('EISDIR', path, `is a directory: ${path}`)
    if (!this.#files.delete(path)) throw this.#missing(path)
  }

  async removeTree(path: string): Promise<void> {
    const inside = (candidate: string): boolean => candidate === path || candidate.startsWith(`${path}/`)
    for (const file of [...this.#files.keys()]) if (inside(file)) this.#files.delete(file)
    for (const directory of [...this.#directories]) if (inside(directory)) this.#directories.delete(directory)
  }

  async syncDirectory(path: string): Promise<void> {
    if (!this.#directories.has(path)) throw this.#missing(path)
  }

  async lock(path: string): Promise<FileLock | undefined> {
    if (this.#locks.has(path)) return undefined
    if (!this.#files.has(path)) await (await this.open(path, { mode: 'create' })).close()
    this.#locks.add(path)
    const release = async (): Promise<void> => {
      this.#locks.delete(path)
    }
    return { release }
  }

  async space(): Promise<DiskSpace> {
    const totalBytes = Number.MAX_SAFE_INTEGER
    let used = 0
    for (const { size } of this.#files.values()) used += size
    return { totalBytes, usableBytes: totalBytes - used, volume: 0 }
  }
}
