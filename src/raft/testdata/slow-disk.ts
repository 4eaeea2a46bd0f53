/** A disk whose syncs wait for the test, and whose writes may fail. */
import { type Disk, DiskError, type DiskFile } from '../../base/index.ts'

export class SlowDisk {
  readonly disk: Disk
  /** Syncs that were asked for, in order. */
  readonly waiting: { readonly path: string; readonly go: (error?: Error) => void }[] = []
  /** Syncs that do not wait. */
  isFast: (path: string) => boolean = () => false
  /** Writes that fail, as where no room is left. */
  isFull: (path: string) => boolean = () => false

  constructor(disk: Disk) {
    const slow: Disk = {
      get urgent() {
        return slow
      },
      open: async (path, options) => this.#wrap(await disk.open(path, options)),
      list: (path) => disk.list(path),
      stat: (path) => disk.stat(path),
      makeDirectory: (path) => disk.makeDirectory(path),
      rename: (from, to) => disk.rename(from, to),
      unlink: (path) => disk.unlink(path),
      removeTree: (path) => disk.removeTree(path),
      syncDirectory: (path) => disk.syncDirectory(path),
      lock: (path) => disk.lock(path),
      space: (path) => disk.space(path),
    }
    this.disk = slow
  }

  #wrap(file: DiskFile): DiskFile {
    const { path } = file
    const checked = <T>(write: () => T): T => {
      if (this.isFull(path)) throw new DiskError('ENOSPC', path, 'no room is left')
      return write()
    }
    return {
      path,
      forJobs: file.forJobs,
      forWritingJobs: () => file.forWritingJobs(),
      writtenByJob: (end) => file.writtenByJob(end),
      size: () => file.size(),
      writeSync: (bytes, position) => checked(() => file.writeSync(bytes, position)),
      readSync: (into, from, to, position) => file.readSync(into, from, to, position),
      truncateSync: (size) => file.truncateSync(size),
      write: async (chunks, position) => checked(() => file.write(chunks, position)),
      read: (into, from, to, position) => file.read(into, from, to, position),
      close: () => file.close(),
      sync: () => (this.isFast(path) ? file.sync() : this.#sync(file)),
    }
  }

  #sync(file: DiskFile): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = (error?: Error): void => (error === undefined ? resolve(file.sync()) : reject(error))
      this.waiting.push({ path: file.path, go })
    })
  }
}
