/** Files that every schema may import, and whose types it may name, as Confluent's registry has it, without importing them. */
import { parseFile } from './file-parser.ts'
import { CONFLUENT_FILES } from './known-confluent.ts'
import { DESCRIPTOR_FILES } from './known-descriptor.ts'
import { GOOGLE_FILES } from './known-google.ts'
import { TYPE_FILES } from './known-types.ts'
import type { ProtoFile } from './model.ts'

let parsed: ReadonlyMap<string, ProtoFile> | undefined

/** By their paths; parsed when they are asked for first. */
export function knownFiles(): ReadonlyMap<string, ProtoFile> {
  parsed ??= new Map(
    [...DESCRIPTOR_FILES, ...GOOGLE_FILES, ...TYPE_FILES, ...CONFLUENT_FILES].map(([path, text]) => [
      path,
      parseFile(text),
    ]),
  )
  return parsed
}
