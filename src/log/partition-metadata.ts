/** `partition.metadata`: which topic id the directory belongs to, so that a topic made anew never gets old records. */
import { type Disk, type Uuid, uuidFromString, uuidToString } from '../base/index.ts'
import { decodeOrFail } from './checkpoint.ts'
import { partitionMetadataName } from './file-names.ts'
import { readWholeFile, replaceFile } from './whole-file.ts'

const sizeMaxInBytes = 4096

export const encodePartitionMetadata = (topicId: Uuid): string => `version: 0\ntopic_id: ${uuidToString(topicId)}`

export function decodePartitionMetadata(text: string): Uuid {
  const [, id] = /^version: ?0\ntopic_id: ?([A-Za-z0-9_-]{22})(?:==)?\n?$/.exec(text) ?? []
  if (id === undefined) throw new RangeError("expected 'version: 0' and 'topic_id: ...'")
  return uuidFromString(id)
}

/** Undefined where the file is missing; DiskError `EBADMSG` where it is garbage. */
export async function readPartitionMetadata(disk: Disk, directory: string): Promise<Uuid | undefined> {
  const path = `${directory}/${partitionMetadataName}`
  const bytes = await readWholeFile(disk, path, sizeMaxInBytes)
  return bytes === undefined ? undefined : decodeOrFail(path, () => decodePartitionMetadata(bytes.toString('utf8')))
}

export async function writePartitionMetadata(disk: Disk, directory: string, topicId: Uuid): Promise<void> {
  await replaceFile(disk, `${directory}/${partitionMetadataName}`, Buffer.from(encodePartitionMetadata(topicId)))
}
