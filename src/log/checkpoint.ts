/**
 * The offset checkpoint files at the root of a log directory (`recovery-point-offset-checkpoint`,
 * `log-start-offset-checkpoint`, `replication-offset-checkpoint`, `cleaner-offset-checkpoint`): text, version 0, a count, then
 * `topic partition offset` per line. Replaced whole, so a crash leaves the old or the new one.
 */
import { type Disk, DiskError } from '../base/index.ts'
import type { TopicPartition } from './file-names.ts'
import { readWholeFile, replaceFile } from './whole-file.ts'

export const recoveryPointCheckpointName = 'recovery-point-offset-checkpoint'
export const logStartOffsetCheckpointName = 'log-start-offset-checkpoint'
export const replicationOffsetCheckpointName = 'replication-offset-checkpoint'
export const cleanerOffsetCheckpointName = 'cleaner-offset-checkpoint'

const sizeMaxInBytes = 64 * 1024 * 1024

export interface CheckpointEntry extends TopicPartition {
  readonly offset: number
}

export const encodeCheckpoint = (entries: readonly CheckpointEntry[]): string =>
  `0\n${entries.length}\n${entries.map(({ topic, partition, offset }) => `${topic} ${partition} ${offset}\n`).join('')}`

/** Lines of a text file of version 0 with a count, the count checked; throws RangeError saying which line is wrong. */
export function checkpointLines(text: string): readonly string[] {
  // Kafka makes the files empty, and writes them later: a kill may come between.
  if (text === '') return []
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  const [version, count, ...rest] = lines
  if (version !== '0') throw new RangeError(`unknown version '${(version ?? '').slice(0, 20)}' in line 1`)
  if (count === undefined || !/^\d{1,9}$/.test(count)) throw new RangeError('no count in line 2')
  if (Number(count) !== rest.length) throw new RangeError(`${count} entries announced, ${rest.length} found`)
  return rest
}

export function decodeCheckpoint(text: string): readonly CheckpointEntry[] {
  return checkpointLines(text).map((line, i) => {
    const [, topic, partition, offset] = /^(\S+) (\d{1,10}) (-?\d{1,19})$/.exec(line) ?? []
    if (topic === undefined || partition === undefined || offset === undefined) {
      throw new RangeError(`no 'topic partition offset' in line ${i + 3}`)
    }
    return { topic, partition: Number(partition), offset: Number(offset) }
  })
}

/** Nothing where the file is missing; DiskError `EBADMSG` where it cannot be read as a checkpoint. */
export async function readCheckpoint(disk: Disk, path: string): Promise<readonly CheckpointEntry[]> {
  const bytes = await readWholeFile(disk, path, sizeMaxInBytes)
  if (bytes === undefined) return []
  return decodeOrFail(path, () => decodeCheckpoint(bytes.toString('utf8')))
}

export async function writeCheckpoint(disk: Disk, path: string, entries: readonly CheckpointEntry[]): Promise<void> {
  await replaceFile(disk, path, Buffer.from(encodeCheckpoint(entries)))
}

/** Turns the RangeError of a decoder into a DiskError that names the file. */
export function decodeOrFail<T>(path: string, decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof RangeError) throw new DiskError('EBADMSG', path, `${path} is malformed: ${error.message}`)
    throw error
  }
}
