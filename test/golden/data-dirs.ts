/**
 * Three log directories that Apache Kafka 4.3.1 wrote, whole, and each batch in them as Kafka reads it:
 * `data-dirs.tar.zst` and `data-dirs.ndjson.zst`. `clean` and `unclean` are one node of a static quorum, stopped and killed;
 * `dynamic-quorum` is one of `format --standalone`. All were written with `log.index.size.max.bytes=4096`.
 */
import { readFileSync } from 'node:fs'
import { zstdDecompressSync } from 'node:zlib'
import type { GoldenBatch, GoldenRecord } from './batches.ts'

/** What Kafka reads of a record of metadata besides its bytes. */
export interface DirectoryRecord extends GoldenRecord {
  readonly type?: string
  readonly version?: number
  readonly data?: unknown
}

export interface DirectoryBatch extends GoldenBatch {
  /** Below the directory: `rolled-0/00000000000000001024.log`. */
  readonly file: string
  readonly lastOffset: number
  readonly partitionLeaderEpoch: number
  readonly maxTimestamp: number
  readonly size: number
  readonly control: boolean
  readonly transactional: boolean
  readonly producerId: number
  readonly records: readonly DirectoryRecord[]
}

export const directories = ['clean', 'unclean', 'dynamic-quorum'] as const
export type DirectoryName = (typeof directories)[number]

const unpacked = (name: string): Buffer => zstdDecompressSync(readFileSync(new URL(name, import.meta.url)))

const archive = untar(unpacked('data-dirs.tar.zst'))

const batches: readonly DirectoryBatch[] = unpacked('data-dirs.ndjson.zst')
  .toString()
  .trimEnd()
  .split('\n')
  .map((line): DirectoryBatch => JSON.parse(line))

/** Its files by their path below it. */
export function filesOf(directory: DirectoryName): ReadonlyMap<string, Buffer> {
  const files = [...archive].filter(([path]) => path.startsWith(`${directory}/`))
  return new Map(files.map(([path, bytes]) => [path.slice(directory.length + 1), bytes]))
}

export function batchesOf(directory: DirectoryName): readonly DirectoryBatch[] {
  return batches
    .filter(({ file }) => file.startsWith(`${directory}/`))
    .map((batch) => ({ ...batch, file: batch.file.slice(directory.length + 1) }))
}

/** `plain-0` of `plain-0/00000000000000000000.log`; undefined for a file of the directory itself. */
export const folderOf = (path: string): string | undefined => (path.includes('/') ? path.split('/')[0] : undefined)

/** What `describeBatch` gives for it where Odradek reads what Kafka reads. */
export function inBytes({ file: _file, records, ...batch }: DirectoryBatch): GoldenBatch {
  return { ...batch, records: records.map(({ type: _type, version: _version, data: _data, ...record }) => record) }
}

/** Regular files of a tar archive by name. */
function untar(archive: Buffer): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>()
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0; ) {
    const field = (from: number, size: number) =>
      archive.toString('latin1', at + from, at + from + size).split('\0')[0] ?? ''
    const size = Number.parseInt(field(124, 12), 8)
    if (field(156, 1) === '0') files.set(field(0, 100), archive.subarray(at + 512, at + 512 + size))
    at += 512 + Math.ceil(size / 512) * 512
  }
  return files
}
