/** A FileDescriptorProto, as protoc writes it, as the model that its text would give. */
import { EDITIONS, GROUP, LABELS, TYPES } from './descriptor-numbers.ts'
import { descriptorOptions } from './descriptor-options.ts'
import {
  type Enum,
  type Extend,
  type Extensions as ExtensionRanges,
  type Field,
  type Group,
  type Import,
  isScalar,
  isSet,
  type Label,
  MAX_ENUM_NUMBER,
  MAX_FIELD_NUMBER,
  type Message,
  MIN_ENUM_NUMBER,
  type NumberRange,
  type OneNumber,
  type Oneof,
  type Option,
  type OptionValue,
  type ProtoFile,
  type Reserved,
  type Service,
} from './model.ts'
import { mapEntry, type Names } from './names.ts'
import { stringOf } from './token-reader.ts'
import { WireError, type WireMessage } from './wire-reader.ts'

function messages(message: WireMessage, name: string): readonly WireMessage[] {
  return (message.fields.get(name) ?? []).filter(
    (value): value is WireMessage => typeof value === 'object' && 'fields' in value,
  )
}

function texts(message: WireMessage, name: string): readonly string[] {
  return (message.fields.get(name) ?? []).flatMap((value) =>
    value instanceof Uint8Array ? [stringOf(value).text] : [],
  )
}

function numbers(message: WireMessage, name: string): readonly number[] {
  return (message.fields.get(name) ?? []).flatMap((value) => (typeof value === 'number' ? [value] : []))
}

function isTrue(message: WireMessage, name: string): boolean {
  return message.fields.get(name)?.at(-1) === true
}

function fullName(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*$/.test(name)) throw new WireError('a name that is none')
  return name
}

function simpleName(message: WireMessage): string {
  const name = fullName(texts(message, 'name').at(-1) ?? '')
  if (name.includes('.')) throw new WireError('a name with dots')
  return name
}

function typeName(name: string | undefined): string {
  if (name === undefined) throw new WireError('a type that is not said')
  return name.startsWith('.') ? `.${fullName(name.slice(1))}` : fullName(name)
}

/** A number as it may be in the place where it is found. */
function bounded(value: number | undefined, min: number, max: number): number {
  if (value === undefined || value < min || value > max) throw new WireError('a number that is out of bounds')
  return value
}

/** The messages within a message, or in the file. */
interface Nested {
  readonly byName: ReadonlyMap<string, Message>
  /** Those of them of which the fields say that they are maps. */
  readonly entries: ReadonlySet<Message>
}

export class DescriptorFile {
  readonly #names: Names
  #syntax: 'proto2' | 'proto3' | 'edition' = 'proto2'

  constructor(names: Names) {
    this.#names = names
  }

  file(file: WireMessage): ProtoFile {
    const syntax = texts(file, 'syntax').at(-1)
    const edition = EDITIONS.get(numbers(file, 'edition').at(-1) ?? 0)
    if (syntax !== undefined && syntax !== 'proto2' && syntax !== 'proto3' && edition === undefined) {
      throw new WireError('a syntax that is not known')
    }
    const plain = syntax === 'proto2' || syntax === 'proto3' ? syntax : undefined
    this.#syntax = edition === undefined ? (plain ?? 'proto2') : 'edition'
    const packageName = texts(file, 'package').at(-1)
    const all = messages(file, 'message_type').map((message) => this.#message(message))
    const groupNames = groupNamesOf(messages(file, 'extension'))
    return {
      text: '',
      syntax: edition === undefined ? plain : undefined,
      edition,
      packageName: packageName === undefined || packageName === '' ? undefined : fullName(packageName),
      imports: this.#imports(file),
      options: this.#options(file),
      messages: all.filter(({ name }) => !groupNames.has(name)),
      enums: messages(file, 'enum_type').map((type) => this.#enum(type)),
      extends: this.#extends(file, { byName: byName(all), entries: new Set() }),
      services: messages(file, 'service').map((service) => this.#service(service)),
    }
  }

  #imports(file: WireMessage): readonly Import[] {
    const publics = new Set(numbers(file, 'public_dependency'))
    const weaks = new Set(numbers(file, 'weak_dependency'))
    return texts(file, 'dependency').map((path, index) => ({
      at: 0,
      path,
      kind: publics.has(index) ? 'public' : weaks.has(index) ? 'weak' : 'plain',
    }))
  }

  #options(message: WireMessage): readonly Option[] {
    const options = messages(message, 'options').at(-1)
    return options === undefined ? [] : descriptorOptions(this.#names, options)
  }

  #message(message: WireMessage): Message {
    const all = messages(message, 'nested_type').map((nested) => this.#message(nested))
    const declared = messages(message, 'field')
    const groupNames = groupNamesOf([...declared, ...messages(message, 'extension')])
    const isEntry = ({ options }: Message) => isSet(options, 'map_entry')
    const isPlain = (nested: Message) => !isEntry(nested) && !groupNames.has(nested.name)
    // Clients tell a message by its index, and some count the entries of maps: one that stands before others stays as it is.
    const last = all.findLastIndex(isPlain)
    const entries = new Set(all.filter((nested, index) => index > last && isEntry(nested)))
    const nestedTypes: Nested = { byName: byName(all), entries }
    const byOneof = new Map<number | undefined, WireMessage[]>()
    for (const field of declared) {
      const index = this.#oneofIndex(field)
      const same = byOneof.get(index)
      if (same === undefined) byOneof.set(index, [field])
      else same.push(field)
    }
    const ofOneof = (index: number | undefined) => this.#fieldsAndGroups(byOneof.get(index) ?? [], nestedTypes)
    const oneofs = messages(message, 'oneof_decl').map(
      (oneof, index): Oneof => ({ at: 0, name: simpleName(oneof), options: this.#options(oneof), ...ofOneof(index) }),
    )
    return {
      at: 0,
      name: simpleName(message),
      options: this.#options(message),
      reserved: reservedOf(message, 1, MAX_FIELD_NUMBER, 1),
      ...ofOneof(undefined),
      // Those of optional fields of proto3 are no part of the text.
      oneofs: oneofs.filter(({ fields, groups }) => fields.length + groups.length > 0),
      extensions: messages(message, 'extension_range').map((range): ExtensionRanges => {
        return { at: 0, values: [rangeOf(range, 1, MAX_FIELD_NUMBER, 1)], options: this.#options(range) }
      }),
      extends: this.#extends(message, nestedTypes),
      messages: all.filter((nested) => !groupNames.has(nested.name) && !entries.has(nested)),
      enums: messages(message, 'enum_type').map((type) => this.#enum(type)),
    }
  }

  #oneofIndex(field: WireMessage): number | undefined {
    return isTrue(field, 'proto3_optional') ? undefined : numbers(field, 'oneof_index').at(-1)
  }

  #fieldsAndGroups(declared: readonly WireMessage[], nested: Nested) {
    const fields: Field[] = []
    const groups: Group[] = []
    for (const field of declared) {
      const label = this.#label(field)
      const number = bounded(numbers(field, 'number').at(-1), 1, MAX_FIELD_NUMBER)
      const body = numbers(field, 'type').at(-1) === GROUP ? nestedOf(field, nested) : undefined
      if (body !== undefined) groups.push({ at: 0, label, number, options: this.#options(field), message: body })
      else fields.push(this.#field(field, label, number, nested))
    }
    return { fields, groups }
  }

  #field(field: WireMessage, label: Label | undefined, number: number, nested: Nested): Field {
    const scalar = TYPES[numbers(field, 'type').at(-1) ?? 0]
    const name = scalar ?? typeName(texts(field, 'type_name').at(-1))
    const entryMessage = scalar === undefined ? nestedOf(field, nested) : undefined
    const entry = entryMessage !== undefined && nested.entries.has(entryMessage) ? mapEntry(entryMessage) : undefined
    const options = [...this.#options(field), ...specialOptions(field, name)]
    if (entry === undefined)
      return { at: 0, label, type: { kind: 'name', name }, name: simpleName(field), number, options }
    return { at: 0, label: undefined, type: { kind: 'map', ...entry }, name: simpleName(field), number, options }
  }

  #label(field: WireMessage): Label | undefined {
    const label = LABELS[numbers(field, 'label').at(-1) ?? 0]
    const isPartOfOneof = this.#oneofIndex(field) !== undefined
    if (label === 'repeated') return label
    if (isPartOfOneof || this.#syntax === 'edition') return undefined
    if (this.#syntax === 'proto3') return isTrue(field, 'proto3_optional') ? 'optional' : undefined
    return label ?? 'optional'
  }

  #extends(message: WireMessage, nested: Nested): readonly Extend[] {
    const byExtendee = new Map<string, WireMessage[]>()
    for (const field of messages(message, 'extension')) {
      const extendee = typeName(texts(field, 'extendee').at(-1))
      const same = byExtendee.get(extendee)
      if (same === undefined) byExtendee.set(extendee, [field])
      else same.push(field)
    }
    return [...byExtendee].map(([extendee, fields]) => ({ at: 0, extendee, ...this.#fieldsAndGroups(fields, nested) }))
  }

  #enum(type: WireMessage): Enum {
    return {
      at: 0,
      name: simpleName(type),
      options: this.#options(type),
      reserved: reservedOf(type, MIN_ENUM_NUMBER, MAX_ENUM_NUMBER, 0),
      constants: messages(type, 'value').map((value) => ({
        at: 0,
        name: simpleName(value),
        number: numbers(value, 'number').at(-1) ?? 0,
        options: this.#options(value),
      })),
    }
  }

  #service(service: WireMessage): Service {
    return {
      at: 0,
      name: simpleName(service),
      options: this.#options(service),
      rpcs: messages(service, 'method').map((method) => ({
        at: 0,
        name: simpleName(method),
        request: typeName(texts(method, 'input_type').at(-1)),
        isRequestStreamed: isTrue(method, 'client_streaming'),
        response: typeName(texts(method, 'output_type').at(-1)),
        isResponseStreamed: isTrue(method, 'server_streaming'),
        options: this.#options(method),
      })),
    }
  }
}

/** Of the messages that are groups. */
function groupNamesOf(fields: readonly WireMessage[]): ReadonlySet<string | undefined> {
  const groups = fields.filter((field) => numbers(field, 'type').at(-1) === GROUP)
  return new Set(groups.map((field) => texts(field, 'type_name').at(-1)?.split('.').at(-1)))
}

/** Of two with one name, which is refused later, the first. */
function byName(all: readonly Message[]): ReadonlyMap<string, Message> {
  return new Map(all.toReversed().map((message) => [message.name, message]))
}

/** The message within the same one that a field names. */
function nestedOf(field: WireMessage, nested: Nested): Message | undefined {
  return nested.byName.get(texts(field, 'type_name').at(-1)?.split('.').at(-1) ?? '')
}

/** The default and the name in JSON, which are no options in binary. */
function specialOptions(field: WireMessage, type: string): readonly Option[] {
  const options: Option[] = []
  const text = texts(field, 'default_value').at(-1)
  if (text !== undefined) options.push(plainOption('default', defaultValue(text, type)))
  const jsonName = texts(field, 'json_name').at(-1)
  const usual = simpleName(field).replace(/_+([A-Za-z0-9]?)/g, (_, next: string) => next.toUpperCase())
  if (jsonName !== undefined && jsonName !== usual) {
    options.push(plainOption('json_name', { kind: 'string', text: jsonName, isBinary: false }))
  }
  return options
}

function plainOption(name: string, value: OptionValue): Option {
  return { name: [{ name, isExtension: false }], value }
}

function defaultValue(text: string, type: string): OptionValue {
  if (type === 'string') return { kind: 'string', text, isBinary: false }
  // Bytes are escaped as they are in a text, and all of them are ASCII.
  if (type === 'bytes') return bytesDefault(text)
  const isWord = !isScalar(type) || type === 'bool' || /^[a-z]/.test(text)
  if (!/^-?[A-Za-z0-9_.+-]+$/.test(text)) throw new WireError('a default that is no value')
  return { kind: isWord ? 'word' : 'number', text }
}

function bytesDefault(text: string): OptionValue {
  const bytes = [...text.matchAll(/\\([0-7]{3})|\\(.)|([^\\])/g)].map(([, octal, escaped, plain]) => {
    if (octal !== undefined) return Number.parseInt(octal, 8) & 0xff
    const simple = { n: 10, r: 13, t: 9 }[escaped ?? '']
    return simple ?? (escaped ?? plain ?? '').charCodeAt(0) & 0xff
  })
  return stringOf(Uint8Array.from(bytes))
}

/** `isOpen` is 1 where the end is behind the last number, as it is in messages. */
function rangeOf(range: WireMessage, min: number, max: number, isOpen: 0 | 1): OneNumber | NumberRange {
  const first = bounded(numbers(range, 'start').at(-1) ?? 0, min, max)
  const last = bounded((numbers(range, 'end').at(-1) ?? 0) - isOpen, first, max)
  return first === last ? { kind: 'number', number: first } : { kind: 'range', first, last }
}

function reservedOf(message: WireMessage, min: number, max: number, isOpen: 0 | 1): readonly Reserved[] {
  return [
    ...messages(message, 'reserved_range').map((range) => ({ at: 0, values: [rangeOf(range, min, max, isOpen)] })),
    ...texts(message, 'reserved_name').map((name) => ({
      at: 0,
      values: [{ kind: 'name' as const, name: fullName(name) }],
    })),
  ]
}
