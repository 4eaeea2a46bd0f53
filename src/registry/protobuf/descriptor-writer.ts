/**
 * A file as a FileDescriptorProto in binary, with the names of types in full. The messages that only a descriptor has, those of the
 * entries of maps and of groups, stand behind the others: what is written on the wire tells a message by its index, and a schema in text
 * counts without them.
 */
import { EDITIONS } from './descriptor-numbers.ts'
import { FieldWriter } from './field-writer.ts'
import { missingImports } from './missing-imports.ts'
import type { Enum, Import, Message, NumberRange, OneNumber, ProtoFile, Reserved, Service } from './model.ts'
import { groupsOf, type NamedType, type Names, type Scope } from './names.ts'
import { OptionWriter } from './option-writer.ts'
import { WireWriter } from './wire-writer.ts'

/** As Confluent's registry calls it: a schema does not know the path by which others import it. */
const NAME = 'default'

export interface DescriptorSource {
  readonly file: ProtoFile
  readonly names: Names
  /** All files that it may name types of, by their paths. */
  readonly others: ReadonlyMap<string, ProtoFile>
}

/** Throws TooLongError. */
export function descriptorOf(source: DescriptorSource): Buffer {
  return new DescriptorWriter(source).file()
}

/** Numbers of fields in messages whose fields are alike: a message, and an enum. */
const MESSAGE_RESERVED = { range: 9, name: 10 } as const
const ENUM_RESERVED = { range: 4, name: 5 } as const

class DescriptorWriter {
  readonly #writer = new WireWriter()
  readonly #source: DescriptorSource
  readonly #options: OptionWriter
  readonly #fields: FieldWriter
  /** Types that stand in other files. */
  readonly #foreign = new Set<NamedType>()

  constructor(source: DescriptorSource) {
    this.#source = source
    this.#options = new OptionWriter(this.#writer, source.names)
    this.#fields = new FieldWriter({
      writer: this.#writer,
      options: this.#options,
      isProto3: source.file.syntax === 'proto3',
      type: (scope, name) => this.#type(scope, name),
    })
  }

  file(): Buffer {
    const { file, names } = this.#source
    const writer = this.#writer
    const scope = names.packageScope(file)
    writer.text(1, NAME)
    if (file.packageName !== undefined) writer.text(2, file.packageName)
    this.#messages(4, file, scope)
    for (const type of file.enums) writer.message(5, () => this.#enum(type, scope.enter(type.name)))
    for (const service of file.services) writer.message(6, () => this.#service(service, scope))
    this.#fields.extensions(7, file.extends, scope)
    this.#options.options(8, 'FileOptions', scope, file.options)
    this.#syntax(file)
    this.#imports(file.imports)
    return writer.finish()
  }

  #type(scope: Scope, name: string): NamedType | undefined {
    const type = this.#source.names.type(scope, name)
    if (type !== undefined && !type.isOwn) this.#foreign.add(type)
    return type
  }

  #syntax({ syntax, edition }: ProtoFile): void {
    if (edition === undefined) {
      if (syntax !== undefined) this.#writer.text(12, syntax)
      return
    }
    this.#writer.text(12, 'editions')
    for (const [number, name] of EDITIONS) if (name === edition) this.#writer.varint(14, number)
  }

  /** Each path once: a descriptor that names one twice is refused. */
  #imports(imports: readonly Import[]): void {
    const kinds = new Map<string, Import['kind']>()
    for (const { path, kind } of imports) if (kind !== 'plain' || !kinds.has(path)) kinds.set(path, kind)
    for (const path of missingImports(kinds, this.#source.others, this.#foreign)) kinds.set(path, 'plain')
    for (const path of kinds.keys()) this.#writer.text(3, path)
    for (const [index, kind] of [...kinds.values()].entries()) {
      if (kind !== 'plain') this.#writer.varint(kind === 'public' ? 10 : 11, index)
    }
  }

  /** Those of a file, or within a message; `scope` is that of what they are in. */
  #messages(number: number, within: Pick<Message, 'messages' | 'extends'>, scope: Scope, own?: Message): void {
    for (const message of within.messages) this.#nested(number, message, scope)
    if (own !== undefined) this.#fields.mapEntries(number, own, scope)
    const groups = [...(own === undefined ? [] : groupsOf(own)), ...within.extends.flatMap((extend) => extend.groups)]
    for (const { message } of groups) this.#nested(number, message, scope)
  }

  #nested(number: number, message: Message, scope: Scope): void {
    this.#writer.message(number, () => this.#message(message, scope.enter(message.name)))
  }

  /** `scope` is that of the message itself, here and below. */
  #message(message: Message, scope: Scope): void {
    const writer = this.#writer
    writer.text(1, message.name)
    this.#fields.fields(2, message, scope)
    this.#messages(3, message, scope, message)
    for (const type of message.enums) writer.message(4, () => this.#enum(type, scope.enter(type.name)))
    for (const { values, options } of message.extensions) {
      for (const value of values) {
        writer.message(5, () => {
          this.#range(value, 1)
          this.#options.options(3, 'ExtensionRangeOptions', scope, options)
        })
      }
    }
    this.#fields.extensions(6, message.extends, scope)
    this.#options.options(7, 'MessageOptions', scope, message.options)
    this.#fields.oneofs(8, message, scope)
    this.#reserved(message.reserved, MESSAGE_RESERVED, 1)
  }

  /** `beyond` is 1 where the end is behind the last number, as it is in messages. */
  #range(value: OneNumber | NumberRange, beyond: 0 | 1): void {
    const [first, last] = value.kind === 'number' ? [value.number, value.number] : [value.first, value.last]
    this.#writer.varint(1, first)
    this.#writer.varint(2, last + beyond)
  }

  #reserved(reserved: readonly Reserved[], numbers: { range: number; name: number }, beyond: 0 | 1): void {
    for (const value of reserved.flatMap(({ values }) => values)) {
      if (value.kind === 'name') this.#writer.text(numbers.name, value.name)
      else this.#writer.message(numbers.range, () => this.#range(value, beyond))
    }
  }

  #enum(type: Enum, scope: Scope): void {
    const writer = this.#writer
    writer.text(1, type.name)
    for (const { name, number, options } of type.constants) {
      writer.message(2, () => {
        writer.text(1, name)
        writer.varint(2, number)
        this.#options.options(3, 'EnumValueOptions', scope, options)
      })
    }
    this.#options.options(3, 'EnumOptions', scope, type.options)
    this.#reserved(type.reserved, ENUM_RESERVED, 0)
  }

  #service(service: Service, scope: Scope): void {
    const writer = this.#writer
    writer.text(1, service.name)
    for (const rpc of service.rpcs) {
      writer.message(2, () => {
        writer.text(1, rpc.name)
        for (const [number, name] of [rpc.request, rpc.response].entries()) {
          const type = this.#type(scope, name)
          writer.text(number + 2, type === undefined ? name : `.${type.fullName}`)
        }
        this.#options.options(4, 'MethodOptions', scope, rpc.options)
        if (rpc.isRequestStreamed) writer.flag(5, true)
        if (rpc.isResponseStreamed) writer.flag(6, true)
      })
    }
    this.#options.options(3, 'ServiceOptions', scope, service.options)
  }
}
