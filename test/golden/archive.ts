/** Log directories that Apache Kafka 4.3.1 wrote, packed beside this file. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'

const blockBytes = 512

/** Regular files of a directory by their path in it. */
export function archived(name: string): ReadonlyMap<string, Buffer> {
  const archive = gunzipSync(readFileSync(new URL(`./${name}.tar.gz`, import.meta.url)))
  const files = new Map<string, Buffer>()
  for (let at = 0; at + blockBytes <= archive.length && archive[at] !== 0; ) {
    const field = (from: number, size: number): string =>
      archive.toString('latin1', at + from, at + from + size).split('\0')[0] ?? ''
    const size = Number.parseInt(field(124, 12), 8)
    const path = field(0, 100).replace(/^(\.\/)?[^/]+\//, '')
    if (field(156, 1) === '0') files.set(path, archive.subarray(at + blockBytes, at + blockBytes + size))
    at += blockBytes + Math.ceil(size / blockBytes) * blockBytes
  }
  return files
}

/** Writes them to a directory of the machine, and returns it. */
export function unpacked(files: ReadonlyMap<string, Buffer>): string {
  const directory = mkdtempSync(join(tmpdir(), 'odradek-golden-'))
  for (const [path, bytes] of files) {
    mkdirSync(join(directory, dirname(path)), { recursive: true })
    writeFileSync(join(directory, path), bytes)
  }
  return directory
}
