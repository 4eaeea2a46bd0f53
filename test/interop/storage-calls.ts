/**
 * One command line of `kafka-storage` to Apache Kafka and to Odradek, each on directories of its own, and what must be the same
 * of both: exit code, lines, files. Left out is what chance and time decide, and the order in which Java's hash tables
 * give directories.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Ran, run } from '../../bench/child.ts'
import { root } from '../../bench/paths.ts'
import { uuidFromString, uuidToBytes } from '../../src/base/index.ts'
import { BatchCursor, readRecords } from '../../src/records/index.ts'
import { toolCommand } from './java-tool.ts'

/** In words of a command line: the file of the configuration. */
export const file = '$FILE'

export type Formatter = 'kafka' | 'odradek'

export interface Place {
  readonly folder: string
  readonly data: string
  readonly file: string
}

/** An empty folder; where `config` says DATA, that of the log directories is meant. */
export function placeOf(folder: string, config: string): Place {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const place = { folder, data: join(folder, 'data'), file: join(folder, 'server.properties') }
  writeFileSync(place.file, config.replaceAll('DATA', place.data))
  return place
}

export async function call(formatter: Formatter, words: readonly string[], place: Place): Promise<Ran> {
  const args = words.map((word) => (word === file ? place.file : word))
  const command =
    formatter === 'kafka'
      ? await toolCommand('storage', args)
      : { command: process.execPath, args: [join(root, 'bin', 'odradek.js'), ...args] }
  return run({ ...command, timeoutMs: 60_000 })
}

export interface Told {
  readonly code: number | undefined
  readonly lines: readonly string[]
  readonly errors: readonly string[]
}

/** What both must say. */
export function told({ code, stdout, stderr }: Ran, place: Place, fixedIds: readonly string[]): Told {
  const plain = (text: string): string =>
    text
      .replaceAll(place.data, 'DATA')
      .replace(/directory\.id=([\w-]{22})/g, (same, id: string) => (fixedIds.includes(id) ? same : 'directory.id=*'))
      .replace(/^Log directory \S+ is already/, 'Log directory * is already')
      // Odradek keeps them to itself.
      .replace(/ salt=\[[^\]]*\], storedKey=\[[^\]]*\], serverKey=\[[^\]]*\],/, '')
      // Odradek says why, Kafka prints a stack trace.
      .replace(/( Ignoring\.\.\.) \(.*\)$/, '$1')
  const isUsage = /^usage: /.test(stderr) || /--help` lists the flags\n$/.test(stderr)
  const lines = stdout.split('\n').filter((line) => !isTrace(line))
  return {
    // Odradek tells a command line that is wrong from one that failed.
    code: isUsage && code === 2 ? 1 : code,
    lines: sortedWhereTheyFormat(lines.map(plain)),
    errors: isUsage
      ? ['usage']
      : stderr
          .split('\n')
          .flatMap((line) => errorOf(line))
          .map(plain),
  }
}

const isTrace = (line: string): boolean => /^\tat |^java\.|^Caused by: |^\t\.\.\. /.test(line)

/** Of Kafka's stack traces, what was thrown. */
function errorOf(line: string): readonly string[] {
  if (line === '' || isTrace(line) || line.startsWith('[main] ERROR')) return []
  return [line.replace(/^Exception in thread "main" [\w.$]+: /, '')]
}

const aboutDirectory = /^(Formatting|I\/O error)/
function sortedWhereTheyFormat(lines: readonly string[]): readonly string[] {
  const sorted = lines.filter((line) => aboutDirectory.test(line)).sort()
  return lines.map((line) => (aboutDirectory.test(line) ? (sorted.shift() ?? '') : line))
}

/** Every file by its place, as text; without times, checksums of those, and ids that are not in `fixedIds`. */
export function filesOf({ data }: Place, fixedIds: readonly string[]): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  if (!existsSync(data)) return files
  const names = readdirSync(data, { recursive: true, withFileTypes: true })
  for (const entry of names) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const bytes = readFileSync(path)
    const isMeta = entry.name === 'meta.properties'
    const drawn = drawnIdOf(entry.parentPath, fixedIds)
    const isEmpty = bytes.length === 0
    files.set(path.slice(data.length + 1), isMeta || isEmpty ? metaText(bytes, drawn) : batchesText(bytes, drawn))
  }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Of the log directory to which a folder belongs. */
function drawnIdOf(folder: string, fixedIds: readonly string[]): string | undefined {
  const directory = folder.endsWith('__cluster_metadata-0') ? join(folder, '..') : folder
  const meta = join(directory, 'meta.properties')
  const [, id] = /^directory\.id=(.*)$/m.exec(existsSync(meta) ? readFileSync(meta, 'utf8') : '') ?? []
  return id === undefined || fixedIds.includes(id) ? undefined : id
}

const metaText = (bytes: Buffer, drawn: string | undefined): string =>
  bytes
    .toString('latin1')
    .replace(/^#\w{3} \w{3} \d\d .*$/m, '#DATE')
    .replace(drawn ?? /$^/, '*')

const checksum = { at: 17, size: 4 }
const times = { at: 27, size: 16 }

function batchesText(bytes: Buffer, drawn: string | undefined): string {
  const cursor = new BatchCursor(bytes)
  const holes: { readonly at: number; readonly size: number }[] = []
  while (cursor.next()) {
    if (!cursor.isCrcValid()) throw new Error(`a batch with a wrong checksum at ${cursor.position}`)
    for (const { at, size } of [checksum, times]) holes.push({ at: cursor.position + at, size })
    for (const { key, value } of readRecords(bytes, cursor.position, bytes.length))
      holes.push(...headerTime(bytes, key, value))
  }
  if (cursor.ended !== 'end') throw new Error(`no whole batch at ${cursor.position}`)
  const id = drawn === undefined ? -1 : bytes.indexOf(uuidToBytes(uuidFromString(drawn)))
  if (id >= 0) holes.push({ at: id, size: 16 })
  for (const { at, size } of holes) bytes.fill(0, at, at + size)
  return bytes.toString('hex')
}

const snapshotHeaderType = 3

/** Of the time that a snapshot's first record carries: int16 version, int64 time. */
function headerTime(bytes: Buffer, key: Uint8Array | null, value: Uint8Array | null) {
  if (key === null || value === null || key.length !== 4 || key[3] !== snapshotHeaderType) return []
  return [{ at: value.byteOffset - bytes.byteOffset + 2, size: 8 }]
}
