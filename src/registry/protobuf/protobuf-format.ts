/** Protobuf: the text of a `.proto` file, or a FileDescriptorProto in base64, and what it imports. */
import type { Incompatibility, ParsedSchema, SchemaFormat, SchemaSource } from '../formats/format.ts'
import { checkFile } from './checks.ts'
import { descriptorOf } from './descriptor-writer.ts'
import { complaint } from './difference.ts'
import { differencesBetween, type NamedFile } from './differences.ts'
import { textOf } from './file-text.ts'
import { checkImports } from './imports.ts'
import { knownFiles } from './known-files.ts'
import type { ProtoFile } from './model.ts'
import { Names } from './names.ts'
import { normalFile } from './normal-file.ts'
import { SourceReader } from './source-reader.ts'
import { TooLongError } from './wire-writer.ts'
import { withoutExtensions } from './without-extensions.ts'

export const protobuf: SchemaFormat = { type: 'PROTOBUF', quickLengthMax: 8_000, parse }

function parse(source: SchemaSource): ParsedSchema {
  const known = knownFiles()
  const reader = new SourceReader()
  // Of two references with one name, the last one counts.
  const given = new Map(source.references.map(({ name, text }) => [name, reader.file(text)]))
  const file = reader.file(source.text)
  checkImports(file, given, known)
  const names = new Names()
  for (const [path, knownFile] of known) if (!given.has(path)) names.add(knownFile, false)
  for (const givenFile of given.values()) names.add(givenFile, false)
  names.add(file, true)
  checkFile(file, names)
  return new ProtobufSchema({ file, names }, new Map([...known, ...given]))
}

class ProtobufSchema implements ParsedSchema {
  readonly type = 'PROTOBUF'
  readonly canonical: string
  readonly normalized: string
  readonly name: string | undefined
  readonly #named: NamedFile
  /** What it may import. */
  readonly #others: ReadonlyMap<string, ProtoFile>

  /** Throws InvalidSchemaError where a text of it would be too long. */
  constructor(named: NamedFile, others: ReadonlyMap<string, ProtoFile>) {
    const { file, names } = named
    this.#named = named
    this.#others = others
    this.canonical = textOf(file)
    this.normalized = textOf(normalFile(file, names))
    const [first] = file.messages
    if (first !== undefined)
      this.name = file.packageName === undefined ? first.name : `${file.packageName}.${first.name}`
  }

  /** `serialized`: as a FileDescriptorProto in base64, which clients read that have no parser of texts. */
  inForm(form: string): string | undefined {
    // Shorter than the text that could be written.
    if (form === 'ignore_extensions') return textOf(withoutExtensions(this.#named.file))
    if (form !== 'serialized') return undefined
    try {
      return descriptorOf({ ...this.#named, others: this.#others }).toString('base64')
    } catch (error) {
      if (error instanceof TooLongError) return undefined
      throw error
    }
  }

  incompatibilities(writer: ParsedSchema): readonly Incompatibility[] {
    if (!(writer instanceof ProtobufSchema)) {
      return [
        {
          type: 'SCHEMA_TYPE_CHANGED',
          description: `a schema of the type ${writer.type} is no Protobuf`,
          additionalInfo: '',
        },
      ]
    }
    return differencesBetween(writer.#named, this.#named).flatMap((difference) => {
      const what = complaint(difference)
      if (what === undefined) return []
      return [{ type: difference.kind, description: `${difference.path}: ${what}`, additionalInfo: '' }]
    })
  }
}
