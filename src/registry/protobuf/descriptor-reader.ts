/** Descriptors in base64, with the options that other files declare, or they themselves. */
import { DescriptorFile } from './descriptor.ts'
import { knownFiles } from './known-files.ts'
import type { Message, ProtoFile } from './model.ts'
import { Names, type Scope } from './names.ts'
import { fieldIndex, type KnownField, knownField, WireError, WireReader } from './wire-reader.ts'

interface Place {
  readonly scope: Scope
  /** With a dot at the end, or empty. */
  readonly prefix: string
}

export class DescriptorReader {
  readonly #names = new Names()
  /** What files add to messages, as those of options, by the names of these. */
  readonly #extensions = new Map<string, Map<number, KnownField>>()

  constructor() {
    for (const file of knownFiles().values()) this.add(file)
  }

  /** Its options may be used in what is read later. Throws InvalidSchemaError. */
  add(file: ProtoFile): void {
    this.#names.add(file, false)
    const prefix = file.packageName === undefined ? '' : `${file.packageName}.`
    this.#addExtensions(file, { scope: this.#names.packageScope(file), prefix })
  }

  /** undefined: it is none. Throws InvalidSchemaError. */
  file(text: string): ProtoFile | undefined {
    const trimmed = text.trim()
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(trimmed)) return undefined
    const bytes = Buffer.from(trimmed, 'base64')
    try {
      const file = this.#read(bytes)
      if (file === undefined || !hasExtends(file)) return file
      // Its own options may be among those that it uses.
      this.add(file)
      return this.#read(bytes)
    } catch (error) {
      if (error instanceof WireError) return undefined
      throw error
    }
  }

  #read(bytes: Uint8Array): ProtoFile | undefined {
    const type = this.#names.type(this.#names.root, '.google.protobuf.FileDescriptorProto')
    if (type?.kind !== 'message') return undefined
    const reader = new WireReader(bytes, this.#names, fieldIndex(this.#extensions))
    return new DescriptorFile(this.#names).file(reader.message(type))
  }

  #addExtensions(within: Pick<Message, 'messages' | 'extends'>, { scope, prefix }: Place): void {
    for (const { extendee, fields } of within.extends) {
      const extended = this.#names.type(scope, extendee)?.fullName ?? extendee
      const added = this.#extensions.get(extended) ?? new Map<number, KnownField>()
      this.#extensions.set(extended, added)
      for (const field of fields) {
        added.set(field.number, { ...knownField(field, scope), name: `[${prefix}${field.name}]` })
      }
    }
    for (const message of within.messages) {
      this.#addExtensions(message, { scope: scope.enter(message.name), prefix: `${prefix}${message.name}.` })
    }
  }
}

function hasExtends(within: Pick<Message, 'messages' | 'extends'>): boolean {
  return within.extends.length > 0 || within.messages.some(hasExtends)
}
