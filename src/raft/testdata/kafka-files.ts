/** What Apache Kafka 4.3.1 left in the metadata directories of two nodes: one of a static, one of a dynamic quorum. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { Disk } from '../../base/index.ts'
import { writeWholeFile } from '../../log/index.ts'

const archive = gunzipSync(readFileSync(new URL('kafka-metadata-directories.tar.gz', import.meta.url)))

/** Files by name, `clean/...` and `dynamic-quorum/...`. */
export const kafkaFiles: ReadonlyMap<string, Buffer> = untar(archive)

function untar(tar: Buffer): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>()
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const field = (from: number, size: number) =>
      tar.toString('latin1', at + from, at + from + size).split('\0')[0] ?? ''
    const size = Number.parseInt(field(124, 12), 8)
    if (field(156, 1) === '0') files.set(field(0, 100), tar.subarray(at + 512, at + 512 + size))
    at += 512 + Math.ceil(size / 512) * 512
  }
  return files
}

export const kafkaFile = (name: string): Buffer => {
  const bytes = kafkaFiles.get(name)
  if (bytes === undefined) throw new Error(`no ${name} in the archive`)
  return bytes
}

/** Puts the files of one node into `/data`, but those that `isLeftOut` names. */
export async function restore(disk: Disk, node: string, isLeftOut: (name: string) => boolean = () => false) {
  await disk.makeDirectory('/data/__cluster_metadata-0')
  for (const [path, bytes] of kafkaFiles) {
    const name = path.slice(node.length + 1)
    if (!path.startsWith(`${node}/`) || isLeftOut(name)) continue
    await writeWholeFile(disk, `/data/${name}`, { bytes: Buffer.from(bytes), sync: true })
  }
}
