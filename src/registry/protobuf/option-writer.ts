/**
 * Options in binary: what they set are fields of a message like FieldOptions, or extensions of it. One that nobody knows, or whose
 * value does not fit, is left out: a reader that looks for what it means would refuse the whole file.
 */
import {
  type Enum,
  type FieldType,
  isScalar,
  type MapValue,
  type Message,
  type Option,
  type OptionValue,
} from './model.ts'
import type { MessageType, Names, Scope } from './names.ts'
import { integerOf, writeScalar } from './scalar-writer.ts'
import type { WireWriter } from './wire-writer.ts'

/** What an option, or a part of its value, sets. */
interface Target {
  readonly number: number
  readonly isRepeated: boolean
  readonly isGroup: boolean
  readonly type: FieldType
  /** The name of the type is looked up from here. */
  readonly scope: Scope
}

export class OptionWriter {
  readonly #writer: WireWriter
  readonly #names: Names
  /** Built once for a message or an enum: each of many options asks for them. */
  readonly #constants = new Map<Enum, ReadonlyMap<string, number>>()
  readonly #targets = new Map<Message, ReadonlyMap<string, Target>>()

  constructor(writer: WireWriter, names: Names) {
    this.#writer = writer
    this.#names = names
  }

  /** As the field with that number, of a type of descriptor.proto; nothing where nothing of them can be written. */
  options(number: number, typeName: string, scope: Scope, options: readonly Option[]): void {
    const type = this.#names.type(this.#names.root, `.google.protobuf.${typeName}`)
    if (options.length === 0 || type?.kind !== 'message') return
    this.#writer.attempt(() =>
      this.#writer.message(number, () => {
        let isAny = false
        for (const option of options) {
          if (this.#writer.attempt(() => this.#option(type, scope, option, 0))) isAny = true
        }
        return isAny
      }),
    )
  }

  #option(type: MessageType, scope: Scope, option: Option, depth: number): boolean {
    const part = option.name[depth]
    if (part === undefined) return false
    const target = part.isExtension ? this.#extension(type, scope, part.name) : this.#field(type, part.name)
    if (target === undefined) return false
    if (depth === option.name.length - 1) return this.#values(target, scope, option.value)
    const inner = this.#messageType(target)
    return inner !== undefined && this.#within(target, () => this.#option(inner, scope, option, depth + 1))
  }

  #within(target: Target, write: () => boolean): boolean {
    return target.isGroup ? this.#writer.group(target.number, write) : this.#writer.message(target.number, write)
  }

  #values(target: Target, scope: Scope, value: OptionValue): boolean {
    if (value.kind !== 'list') return this.#value(target, scope, value)
    return (
      (target.isRepeated || value.values.length === 1) && value.values.every((one) => this.#value(target, scope, one))
    )
  }

  #value(target: Target, scope: Scope, value: OptionValue): boolean {
    const { type } = target
    if (type.kind === 'map') return this.#mapEntry(target, type, scope, value)
    if (isScalar(type.name)) return writeScalar(this.#writer, target.number, type.name, value)
    const found = this.#names.type(target.scope, type.name)
    if (found?.kind === 'message') {
      return value.kind === 'map' && this.#within(target, () => this.#message(found, scope, value))
    }
    if (found === undefined || (value.kind !== 'word' && value.kind !== 'number')) return false
    const constant = this.#constant(found.enum, value.text)
    const number = constant ?? (value.kind === 'number' ? integerOf(value.text) : undefined)
    if (number === undefined) return false
    this.#writer.varint(target.number, number)
    return true
  }

  #constant(type: Enum, name: string): number | undefined {
    const known = this.#constants.get(type)
    if (known !== undefined) return known.get(name)
    const constants = new Map(type.constants.map((constant) => [constant.name, constant.number]))
    this.#constants.set(type, constants)
    return constants.get(name)
  }

  #message(type: MessageType, scope: Scope, { entries }: MapValue): boolean {
    return [...entries].every(([key, value]) => {
      if (key.includes('/')) return this.#anyContent(key, scope, value)
      const target = key.startsWith('[') ? this.#extension(type, scope, key.slice(1, -1)) : this.#field(type, key)
      return target !== undefined && this.#values(target, scope, value)
    })
  }

  /** `[type.googleapis.com/acme.Order] { … }` in a google.protobuf.Any: its address, and the message itself. */
  #anyContent(key: string, scope: Scope, value: OptionValue): boolean {
    const address = key.slice(1, -1)
    const type = this.#names.type(this.#names.root, `.${address.slice(address.lastIndexOf('/') + 1)}`)
    if (type?.kind !== 'message' || value.kind !== 'map') return false
    this.#writer.text(1, address)
    return this.#writer.message(2, () => this.#message(type, scope, value))
  }

  #mapEntry(target: Target, type: FieldType & { kind: 'map' }, scope: Scope, value: OptionValue): boolean {
    if (value.kind !== 'map') return false
    const parts: ReadonlyMap<string, Target> = new Map(
      [type.key, type.value].map((name, index): [string, Target] => [
        index === 0 ? 'key' : 'value',
        { number: index + 1, isRepeated: false, isGroup: false, type: { kind: 'name', name }, scope: target.scope },
      ]),
    )
    return this.#writer.message(target.number, () =>
      [...value.entries].every(([key, element]) => {
        const part = parts.get(key)
        return part !== undefined && this.#values(part, scope, element)
      }),
    )
  }

  #messageType(target: Target): MessageType | undefined {
    if (target.type.kind === 'map' || isScalar(target.type.name)) return undefined
    const type = this.#names.type(target.scope, target.type.name)
    return type?.kind === 'message' ? type : undefined
  }

  /** An extension of another message has a number that means something else here. */
  #extension(type: MessageType, scope: Scope, name: string): Target | undefined {
    const extension = this.#names.extension(scope, name)
    if (extension?.typeName === undefined) return undefined
    if (this.#names.type(extension.scope, extension.extendee)?.fullName !== type.fullName) return undefined
    return { ...extension, type: { kind: 'name', name: extension.typeName } }
  }

  #field(type: MessageType, name: string): Target | undefined {
    const known = this.#targets.get(type.message)
    if (known !== undefined) return known.get(name)
    const targets = new Map<string, Target>()
    for (const { fields, groups } of [type.message, ...type.message.oneofs]) {
      for (const field of fields) {
        const isRepeated = field.label === 'repeated' || field.type.kind === 'map'
        targets.set(field.name, { ...field, isRepeated, isGroup: false, scope: type.scope })
      }
      for (const { label, number, message } of groups) {
        const target = { number, isRepeated: label === 'repeated', isGroup: true, scope: type.scope }
        const named: Target = { ...target, type: { kind: 'name', name: message.name } }
        // A value calls it by its message, the name of an option by its field.
        for (const groupName of [message.name, message.name.toLowerCase()]) targets.set(groupName, named)
      }
    }
    this.#targets.set(type.message, targets)
    return targets.get(name)
  }
}
