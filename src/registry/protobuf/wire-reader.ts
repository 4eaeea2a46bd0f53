/** Reads messages in binary by the types that say what their fields are. What does not fit them makes it undefined, or is left out. */
import { type Field, isScalar, type Message } from './model.ts'
import type { MessageType, NamedType, Names, Scope } from './names.ts'

/** 64 bits are read as a whole number that may be too long for a `number`. */
export type WireValue = number | bigint | boolean | Uint8Array | WireMessage

export interface WireMessage {
  readonly type: MessageType
  /** By the names of the fields; those of extensions are in brackets, and full. */
  readonly fields: ReadonlyMap<string, readonly WireValue[]>
  /** What is known of those fields, by the same names. */
  readonly known: ReadonlyMap<string, KnownField>
}

/** As deep as messages go within each other. */
const MAX_DEPTH = 100

export interface KnownField {
  readonly name: string
  readonly isRepeated: boolean
  readonly typeName: string
  readonly scope: Scope
  /** The message of the entries, where it is a map. */
  readonly entry: MessageType | undefined
}

/** What a message of that type may hold, by the numbers. */
export type FieldIndex = (type: MessageType) => ReadonlyMap<number, KnownField>

export function knownField({ name, label, type }: Field, scope: Scope): KnownField {
  if (type.kind === 'name') {
    return { name, typeName: type.name, scope, isRepeated: label === 'repeated', entry: undefined }
  }
  const part = { at: 0, label: undefined, options: [] }
  const fields: readonly Field[] = [
    { ...part, type: { kind: 'name', name: type.key }, name: 'key', number: 1 },
    { ...part, type: { kind: 'name', name: type.value }, name: 'value', number: 2 },
  ]
  const place = { fullName: '', localName: '', scope, isOwn: false }
  return {
    name,
    typeName: '',
    scope,
    isRepeated: true,
    entry: { kind: 'message', message: messageOf(fields), ...place },
  }
}

function messageOf(fields: readonly Field[]): Message {
  const nothing = {
    options: [],
    reserved: [],
    oneofs: [],
    groups: [],
    extensions: [],
    extends: [],
    messages: [],
    enums: [],
  }
  return { at: 0, name: '', fields, ...nothing }
}

/** Reads the fields that the messages themselves declare, and those that `extensions` adds to them. */
export function fieldIndex(extensions: ReadonlyMap<string, ReadonlyMap<number, KnownField>>): FieldIndex {
  const known = new Map<Message, ReadonlyMap<number, KnownField>>()
  return (type) => {
    const found = known.get(type.message)
    if (found !== undefined) return found
    const fields = new Map<number, KnownField>(extensions.get(type.fullName))
    for (const list of [type.message, ...type.message.oneofs]) {
      for (const field of list.fields) fields.set(field.number, knownField(field, type.scope))
    }
    known.set(type.message, fields)
    return fields
  }
}

/** Thrown where the bytes are no message; caught where reading began. */
export class WireError extends Error {}

/** One that is being read: parts of it may come later. */
class ReadMessage implements WireMessage {
  readonly type: MessageType
  readonly fields = new Map<string, WireValue[]>()
  readonly known = new Map<string, KnownField>()

  constructor(type: MessageType) {
    this.type = type
  }
}

export class WireReader {
  readonly #bytes: Uint8Array
  readonly #names: Names
  readonly #index: FieldIndex
  #at = 0

  constructor(bytes: Uint8Array, names: Names, index: FieldIndex) {
    this.#bytes = bytes
    this.#names = names
    this.#index = index
  }

  /** To the end of the bytes. */
  message(type: MessageType): WireMessage {
    return this.#message(type, this.#bytes.length, 0)
  }

  /** Of a field that holds one message all parts are read into the first of them, of other such fields the last value counts. */
  #message(type: MessageType, end: number, depth: number, message = new ReadMessage(type)): ReadMessage {
    if (depth > MAX_DEPTH) throw new WireError('too deep')
    const known = this.#index(type)
    const { fields } = message
    while (this.#at < end) {
      const tag = Number(this.#varint())
      const field = known.get(Math.floor(tag / 8))
      const before = field === undefined ? undefined : fields.get(field.name)
      const part = field?.isRepeated === false ? before?.at(-1) : undefined
      const values = this.#values(tag % 8, field, depth, part)
      if (field === undefined) continue
      message.known.set(field.name, field)
      if (before === undefined || !field.isRepeated) fields.set(field.name, values)
      else for (const value of values) before.push(value)
    }
    if (this.#at > end) throw new WireError('a field that is longer than its message')
    return message
  }

  /** One value, or more where they are packed. */
  #values(wireType: number, field: KnownField | undefined, depth: number, part: WireValue | undefined): WireValue[] {
    switch (wireType) {
      case 0:
        return [this.#number(this.#varint(), field?.typeName)]
      case 1:
        return [this.#fixed(8, field?.typeName)]
      case 5:
        return [this.#fixed(4, field?.typeName)]
      case 3:
        this.#skipGroup(depth)
        return []
      case 2:
        return this.#delimited(field, depth, part)
      default:
        throw new WireError('a field of a kind that is not known')
    }
  }

  /** Options that are groups are lost. */
  #skipGroup(depth: number): void {
    if (depth > MAX_DEPTH) throw new WireError('too deep')
    for (;;) {
      const wireType = Number(this.#varint()) % 8
      if (wireType === 4) return
      this.#values(wireType, undefined, depth + 1, undefined)
    }
  }

  #delimited(field: KnownField | undefined, depth: number, part: WireValue | undefined): WireValue[] {
    const length = Number(this.#varint())
    const end = this.#at + length
    if (end > this.#bytes.length) throw new WireError('a field that goes beyond the end')
    const typeName = field?.typeName
    const type = this.#typeOf(field)
    if (type?.kind === 'message') {
      return [this.#message(type, end, depth + 1, part instanceof ReadMessage ? part : undefined)]
    }
    if (typeName === undefined || typeName === 'string' || typeName === 'bytes') {
      const bytes = this.#bytes.subarray(this.#at, end)
      this.#at = end
      return [bytes]
    }
    const values: WireValue[] = []
    while (this.#at < end) values.push(this.#packed(typeName))
    if (this.#at > end) throw new WireError('packed values that are longer than they say')
    return values
  }

  #typeOf(field: KnownField | undefined): NamedType | undefined {
    if (field === undefined || isScalar(field.typeName)) return undefined
    return field.entry ?? this.#names.type(field.scope, field.typeName)
  }

  #packed(typeName: string): WireValue {
    if (typeName === 'double' || typeName.endsWith('fixed64')) return this.#fixed(8, typeName)
    if (typeName === 'float' || typeName.endsWith('fixed32')) return this.#fixed(4, typeName)
    return this.#number(this.#varint(), typeName)
  }

  #varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new WireError('a number without its end')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new WireError('a number that is too long')
  }

  #number(value: bigint, typeName: string | undefined): WireValue {
    if (typeName === 'bool') return value !== 0n
    if (typeName === 'uint32') return Number(BigInt.asUintN(32, value))
    if (typeName === 'uint64') return BigInt.asUintN(64, value)
    if (typeName === 'int64') return BigInt.asIntN(64, value)
    if (typeName === 'sint32' || typeName === 'sint64') {
      return BigInt.asIntN(64, (BigInt.asUintN(64, value) >> 1n) ^ -(value & 1n))
    }
    return Number(BigInt.asIntN(32, value))
  }

  #fixed(size: 4 | 8, typeName: string | undefined): WireValue {
    if (this.#at + size > this.#bytes.length) throw new WireError('a number that goes beyond the end')
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.#at, size)
    this.#at += size
    if (size === 4) {
      if (typeName === 'float') return view.getFloat32(0, true)
      return typeName === 'sfixed32' ? view.getInt32(0, true) : view.getUint32(0, true)
    }
    if (typeName === 'double') return view.getFloat64(0, true)
    return typeName === 'sfixed64' ? view.getBigInt64(0, true) : view.getBigUint64(0, true)
  }
}
