/** The lock that keeps a directory for one process: Kafka's, so that the two exclude each other. */
import { type Disk, DiskError, type FileLock } from '../base/index.ts'

const lockName = '.lock'

/** Throws DiskError `EBUSY` where another has it. */
export async function lockDirectory(disk: Disk, directory: string): Promise<FileLock> {
  await disk.makeDirectory(directory)
  const lock = await disk.lock(`${directory}/${lockName}`)
  if (lock !== undefined) return lock
  throw new DiskError('EBUSY', directory, `a Kafka instance in another process or thread is using ${directory}`)
}
