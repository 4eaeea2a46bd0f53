/** What Apache Kafka 4.3.1 left in the metadata directories of two nodes: one of a static, one of a dynamic quorum. */
import { type DirectoryName, filesOf } from '../../../test/golden/data-dirs.ts'
import type { Disk } from '../../base/index.ts'
import { writeWholeFile } from '../../log/index.ts'

/** Neither indexes nor snapshots of producers: a start makes them. */
const isKept = (path: string): boolean =>
  /^(bootstrap\.checkpoint|__cluster_metadata-0\/(\d.*\.(log|checkpoint)|[a-z].*))$/.test(path)

const nodes: readonly DirectoryName[] = ['clean', 'dynamic-quorum']

/** Files by name, `clean/...` and `dynamic-quorum/...`. */
export const kafkaFiles: ReadonlyMap<string, Buffer> = new Map(
  nodes.flatMap((node) =>
    [...filesOf(node)]
      .filter(([path]) => isKept(path))
      .map(([path, bytes]) => [`${node}/${path}`, bytes] as const),
  ),
)

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
