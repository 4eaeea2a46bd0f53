/**
 * The machine's disk, by `node:fs`. Reads and writes of produce and fetch pass here: synchronous ones make one system call
 * and nothing else. Failures become DiskError with the code of the operating system.
 */
import * as fs from 'node:fs'
import * as fsp from 'node:fs/promises'
import { promisify } from 'node:util'
import {
  type DirectoryEntry,
  type Disk,
  DiskError,
  type DiskFile,
  type DiskSpace,
  type FileLock,
  type JobFile,
  loadNative,
  nativeFailures,
  nativeFunction,
  type OpenOptions,
} from '../base/index.ts'
import { PoolGate } from './pool-gate.ts'

const openAsync = promisify(fs.open)
const closeAsync = promisify(fs.close)
const fdatasyncAsync = promisify(fs.fdatasync)
const readAsync = promisify(fs.read)
const writevAsync = promisify(fs.writev)

const lockPackage = 'fs-native-extensions'
const flags = { read: 'r', write: 'r+', create: 'w+' } as const

/** Of the process, as the pool is. */
const poolGate = new PoolGate()

type Gate = Pick<PoolGate, 'run' | 'runShort'>

const openGate: Gate = { run: (work) => work(), runShort: (work) => work() }

function diskError(error: unknown, path: string): DiskError {
  if (error instanceof DiskError) return error
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'EIO'
  return new DiskError(code, path, error instanceof Error ? error.message : String(error))
}

async function later<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw diskError(error, path)
  }
}

class SystemFile implements DiskFile {
  readonly path: string
  readonly #fd: number
  readonly #gate: Gate
  #size: number
  /** The system gives the number of a closed file to another one. */
  #isClosed = false

  constructor(options: { path: string; fd: number; size: number; gate: Gate }) {
    this.path = options.path
    this.#fd = options.fd
    this.#size = options.size
    this.#gate = options.gate
  }

  #open(): number {
    if (this.#isClosed) throw new DiskError('EBADF', this.path, `${this.path} is closed`)
    return this.#fd
  }

  #later<T>(work: (fd: number) => Promise<T>): Promise<T> {
    return later(this.path, () => this.#gate.run(() => work(this.#open())))
  }

  get forJobs(): JobFile {
    return { fd: this.#open() }
  }

  forWritingJobs(): JobFile {
    return this.forJobs
  }

  writtenByJob(end: number): void {
    this.#size = Math.max(this.#size, end)
  }

  size(): number {
    return this.#size
  }

  writeSync(bytes: Uint8Array, position: number): number {
    try {
      const written = fs.writeSync(this.#open(), bytes, 0, bytes.length, position)
      this.#size = Math.max(this.#size, position + written)
      return written
    } catch (error) {
      throw diskError(error, this.path)
    }
  }

  readSync(into: Uint8Array, start: number, end: number, position: number): number {
    try {
      return fs.readSync(this.#open(), into, start, end - start, position)
    } catch (error) {
      throw diskError(error, this.path)
    }
  }

  truncateSync(size: number): void {
    try {
      fs.ftruncateSync(this.#open(), size)
      this.#size = size
    } catch (error) {
      throw diskError(error, this.path)
    }
  }

  async write(chunks: readonly Uint8Array[], position: number): Promise<number> {
    const { bytesWritten } = await this.#later((fd) => writevAsync(fd, [...chunks], position))
    this.#size = Math.max(this.#size, position + bytesWritten)
    return bytesWritten
  }

  async read(into: Uint8Array, start: number, end: number, position: number): Promise<number> {
    const { bytesRead } = await this.#later((fd) => readAsync(fd, into, start, end - start, position))
    return bytesRead
  }

  sync(): Promise<void> {
    return this.#later((fd) => fdatasyncAsync(fd))
  }

  close(): Promise<void> {
    const close = (): Promise<void> => {
      const fd = this.#open()
      this.#isClosed = true
      return closeAsync(fd)
    }
    return later(this.path, () => this.#gate.runShort(close))
  }
}

/**
 * Locks of the operating system on a whole file: they and Java's FileLock exclude each other, and they die with the
 * process. Loaded when first needed.
 */
function nativeLocks(path: string): { tryLock(fd: number): boolean; unlock(fd: number): void } {
  const library = loadNative(lockPackage)
  const tryLock = nativeFunction<(fd: number) => boolean>(library, 'tryLock')
  const unlock = nativeFunction<(fd: number) => void>(library, 'unlock')
  if (tryLock === undefined || unlock === undefined) {
    throw new DiskError(
      'ENOSYS',
      path,
      `cannot lock ${path}: ${lockPackage} is missing: ${nativeFailures.get(lockPackage)}`,
    )
  }
  return { tryLock, unlock }
}

/** Somebody else may remove it, too. */
async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof DiskError && error.code === 'ENOENT') return undefined
    throw error
  }
}

export class SystemDisk implements Disk {
  readonly urgent: Disk
  readonly #gate: Gate

  constructor(gate: Gate = poolGate) {
    this.#gate = gate
    this.urgent = gate === openGate ? this : new SystemDisk(openGate)
  }

  #later<T>(path: string, work: () => Promise<T>): Promise<T> {
    return later(path, () => this.#gate.runShort(work))
  }

  /** Work that may take long where the disk is well, too. */
  #laterLong<T>(path: string, work: () => Promise<T>): Promise<T> {
    return later(path, () => this.#gate.run(work))
  }

  open(path: string, { mode }: OpenOptions): Promise<DiskFile> {
    return this.#later(path, async () => {
      const fd = await openAsync(path, flags[mode])
      // Of a file that has just been opened the system knows it: a turn through the pool would cost ten times as much.
      const { size } = fs.fstatSync(fd)
      return new SystemFile({ path, fd, size, gate: this.#gate })
    })
  }

  list(path: string): Promise<readonly DirectoryEntry[]> {
    return this.#later(path, async () => {
      const entries = await fsp.readdir(path, { withFileTypes: true })
      return entries
        .map((entry): DirectoryEntry => ({ name: entry.name, kind: entry.isDirectory() ? 'directory' : 'file' }))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
    })
  }

  async stat(path: string): Promise<{ kind: 'file' | 'directory'; size: number; modifiedMs: number } | undefined> {
    try {
      const stat = await this.#gate.runShort(() => fsp.stat(path))
      return { kind: stat.isDirectory() ? 'directory' : 'file', size: stat.size, modifiedMs: stat.mtimeMs }
    } catch (error) {
      const failure = diskError(error, path)
      if (failure.code === 'ENOENT') return undefined
      throw failure
    }
  }

  makeDirectory(path: string): Promise<void> {
    return this.#later(path, async () => {
      await fsp.mkdir(path, { recursive: true })
    })
  }

  rename(from: string, to: string): Promise<void> {
    return this.#later(from, () => fsp.rename(from, to))
  }

  unlink(path: string): Promise<void> {
    return this.#laterLong(path, () => fsp.unlink(path))
  }

  /** File by file, so that others get their turn at the gate. */
  async removeTree(path: string): Promise<void> {
    const entries = await unlessGone(this.list(path))
    if (entries === undefined) return
    for (const { name, kind } of entries) {
      const child = `${path}/${name}`
      await (kind === 'directory' ? this.removeTree(child) : unlessGone(this.unlink(child)))
    }
    await unlessGone(this.#later(path, () => fsp.rmdir(path)))
  }

  syncDirectory(path: string): Promise<void> {
    return this.#laterLong(path, async () => {
      const directory = await fsp.open(path, 'r')
      try {
        await directory.sync()
      } finally {
        await directory.close()
      }
    })
  }

  lock(path: string): Promise<FileLock | undefined> {
    return later(path, async () => {
      const locks = nativeLocks(path)
      const fd = await openAsync(path, 'a+')
      let taken = false
      try {
        taken = locks.tryLock(fd)
      } finally {
        if (!taken) await closeAsync(fd)
      }
      if (!taken) return undefined
      const release = async (): Promise<void> => {
        locks.unlock(fd)
        await closeAsync(fd)
      }
      return { release }
    })
  }

  space(path: string): Promise<DiskSpace> {
    return this.#later(path, async () => {
      const { bsize, blocks, bavail } = await fsp.statfs(path)
      const { dev } = await fsp.stat(path)
      return { totalBytes: bsize * blocks, usableBytes: bsize * bavail, volume: dev }
    })
  }
}
