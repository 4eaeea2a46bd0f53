/** Fields, extensions, oneofs and the messages of map entries, as a descriptor has them. */
import { defaultText } from './default-text.ts'
import { ENUM, GROUP, LABELS, MESSAGE, TYPES } from './descriptor-numbers.ts'
import { type Extend, type Field, type Group, isScalar, type Label, type Message, type Option } from './model.ts'
import type { NamedType, Scope } from './names.ts'
import type { OptionWriter } from './option-writer.ts'
import type { WireWriter } from './wire-writer.ts'

export interface FieldWriting {
  readonly writer: WireWriter
  readonly options: OptionWriter
  readonly isProto3: boolean
  /** The type by a name as it stands in the file. */
  readonly type: (scope: Scope, name: string) => NamedType | undefined
}

/** What is said of a field beside its name, number and options. */
interface FieldPlace {
  readonly scope: Scope
  readonly extendee?: string
  readonly oneof?: number | undefined
}

export class FieldWriter {
  readonly #writer: WireWriter
  readonly #writing: FieldWriting

  constructor(writing: FieldWriting) {
    this.#writer = writing.writer
    this.#writing = writing
  }

  /** In the order of the canonical text. */
  fields(number: number, message: Message, scope: Scope): void {
    const oneofs = new Map<Field | Group, number>()
    for (const [index, { fields, groups }] of message.oneofs.entries()) {
      for (const field of [...fields, ...groups]) oneofs.set(field, index)
    }
    for (const [index, field] of this.#optionals(message).entries()) oneofs.set(field, message.oneofs.length + index)
    const ofOneofs = message.oneofs.flatMap((oneof) => [...oneof.fields, ...oneof.groups])
    for (const field of [...message.fields, ...ofOneofs, ...message.groups]) {
      this.#writer.message(number, () => this.#fieldOrGroup(field, { scope, oneof: oneofs.get(field) }))
    }
  }

  extensions(number: number, all: readonly Extend[], scope: Scope): void {
    for (const extend of all) {
      const type = this.#writing.type(scope, extend.extendee)
      const extendee = type === undefined ? extend.extendee : `.${type.fullName}`
      for (const field of [...extend.fields, ...extend.groups]) {
        this.#writer.message(number, () => this.#fieldOrGroup(field, { scope, extendee }))
      }
    }
  }

  /** Behind those of the text come those that only say that a field of proto3 is optional. */
  oneofs(number: number, message: Message, scope: Scope): void {
    for (const { name, options } of message.oneofs) {
      this.#writer.message(number, () => {
        this.#writer.text(1, name)
        this.#writing.options.options(2, 'OneofOptions', scope, options)
      })
    }
    const taken = new Set([message, ...message.oneofs].flatMap(({ fields }) => fields.map(({ name }) => name)))
    for (const { name } of message.oneofs) taken.add(name)
    for (const field of this.#optionals(message)) {
      let name = field.name.startsWith('_') ? field.name : `_${field.name}`
      while (taken.has(name)) name = `X${name}`
      taken.add(name)
      this.#writer.message(number, () => this.#writer.text(1, name))
    }
  }

  mapEntries(number: number, message: Message, scope: Scope): void {
    for (const { name, type, options } of message.fields) {
      if (type.kind !== 'map') continue
      this.#writer.message(number, () => {
        this.#writer.text(1, entryName(name))
        // What decides how the values of the map are written is said of its entries as well.
        const features = options.filter((option) => option.name[0]?.name === 'features')
        for (const [index, typeName] of [type.key, type.value].entries()) {
          const part = { at: 0, name: index === 0 ? 'key' : 'value', number: index + 1, label: undefined }
          const field: Field = { ...part, type: { kind: 'name', name: typeName }, options: features }
          this.#writer.message(2, () => this.#field(field, { scope }))
        }
        this.#writer.message(7, () => this.#writer.flag(7, true))
      })
    }
  }

  #optionals({ fields }: Message): readonly Field[] {
    return this.#writing.isProto3 ? fields.filter(({ label }) => label === 'optional') : []
  }

  #fieldOrGroup(field: Field | Group, place: FieldPlace): void {
    if ('message' in field) this.#group(field, place)
    else this.#field(field, place)
  }

  #group({ label, number, options, message }: Group, place: FieldPlace): void {
    const name = message.name.toLowerCase()
    this.#head({ name, number, label, options }, place)
    this.#writer.varint(5, GROUP)
    const type = this.#writing.type(place.scope, message.name)
    this.#writer.text(6, type === undefined ? message.name : `.${type.fullName}`)
  }

  #field(field: Field, place: FieldPlace): void {
    const { type, name, label, options } = field
    this.#head(type.kind === 'map' ? { ...field, label: 'repeated' } : field, place)
    if (type.kind === 'map') this.#typeName(place.scope, entryName(name), MESSAGE)
    else if (isScalar(type.name)) this.#writer.varint(5, TYPES.indexOf(type.name))
    else this.#typeName(place.scope, type.name, undefined)
    const byDefault = plainOption(options, 'default')
    const text = type.kind === 'map' || byDefault === undefined ? undefined : defaultText(type.name, byDefault.value)
    if (text !== undefined) this.#writer.text(7, text)
    if (this.#writing.isProto3 && label === 'optional') this.#writer.flag(17, true)
  }

  #typeName(scope: Scope, name: string, kind: typeof MESSAGE | undefined): void {
    // That of an entry is not among the names: it stands nowhere in the text.
    const type = kind === undefined ? this.#writing.type(scope, name) : undefined
    this.#writer.varint(5, type?.kind === 'enum' ? ENUM : MESSAGE)
    const within = scope.type === undefined ? '' : `.${scope.type.fullName}.`
    this.#writer.text(6, type === undefined ? within + name : `.${type.fullName}`)
  }

  #head(field: Pick<Field, 'name' | 'number' | 'label' | 'options'>, { scope, extendee, oneof }: FieldPlace): void {
    const writer = this.#writer
    const label: Label = field.label ?? 'optional'
    writer.text(1, field.name)
    if (extendee !== undefined) writer.text(2, extendee)
    writer.varint(3, field.number)
    writer.varint(4, LABELS.indexOf(label))
    this.#writing.options.options(8, 'FieldOptions', scope, field.options)
    if (oneof !== undefined) writer.varint(9, oneof)
    const jsonName = plainOption(field.options, 'json_name')
    if (jsonName?.value.kind === 'string') writer.text(10, jsonName.value.text)
  }
}

function plainOption(options: readonly Option[], name: string): Option | undefined {
  return options.find(
    (option) => option.name.length === 1 && option.name[0]?.name === name && !option.name[0].isExtension,
  )
}

/** As protoc calls it, and expects it to be called: `order_lines` gives OrderLinesEntry. */
function entryName(field: string): string {
  const words = field.split('_').map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
  return `${words.join('')}Entry`
}
