/** For tests: files that protoc takes, made by chance from a seed, with all that a file may hold. */
import type {
  Enum,
  Field,
  FieldType,
  Group,
  Label,
  Message,
  Oneof,
  Option,
  OptionValue,
  ProtoFile,
  Reserved,
  Service,
} from '../model.ts'

const SCALARS = ['int32', 'string', 'bytes', 'bool', 'double', 'float', 'sint64', 'fixed32', 'uint64', 'sfixed64']
const MAP_KEYS = ['string', 'int32', 'bool', 'fixed64']
const TEXTS = ['a', 'a"b', "it's", 'back\\slash', 'zwei\nZeilen', 'ü', '\u0000\u0001', '']

export function randomFile(seed: number, syntax: 'proto2' | 'proto3' | undefined): ProtoFile {
  return new RandomFile(seed, syntax).file()
}

class RandomFile {
  #state: number
  #count = 0
  /** The package, with a dot. */
  #prefix = ''
  readonly #syntax: 'proto2' | 'proto3' | undefined
  /** Full names of what is defined so far. */
  readonly #messages: string[] = []
  readonly #enums: string[] = []

  constructor(seed: number, syntax: 'proto2' | 'proto3' | undefined) {
    this.#state = seed | 0
    this.#syntax = syntax
  }

  file(): ProtoFile {
    const packageName = this.#oneIn(4) ? undefined : this.#pick(['acme', 'acme.orders.v1', 'a.b'])
    const prefix = packageName === undefined ? '' : `${packageName}.`
    this.#prefix = prefix
    const enums = this.#list(2, () => this.#enum(prefix))
    const messages = this.#list(4, () => this.#message(prefix, 0))
    return {
      text: '',
      syntax: this.#syntax,
      edition: undefined,
      packageName,
      imports: [
        { at: 0, path: 'google/protobuf/descriptor.proto', kind: 'plain' },
        { at: 0, path: 'google/protobuf/any.proto', kind: 'public' },
      ],
      options: this.#oneIn(2) ? [option('java_package', text('com.acme')), option('deprecated', word('true'))] : [],
      messages,
      enums,
      extends: [
        {
          at: 0,
          extendee: 'google.protobuf.FieldOptions',
          fields: [
            { ...this.#field('optional', 'string'), name: 'note', number: 50_001 },
            { ...this.#field('optional', 'google.protobuf.FieldOptions'), name: 'inner', number: 50_002 },
          ],
          groups: [],
        },
      ],
      services: messages.length > 0 ? this.#list(2, () => this.#service()) : [],
    }
  }

  #next(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }

  #oneIn(chances: number): boolean {
    return this.#next(chances) === 0
  }

  #pick<Value>(values: readonly Value[]): Value {
    for (const value of values.slice(this.#next(values.length))) return value
    throw new Error('nothing to pick from')
  }

  #list<Value>(most: number, make: (index: number) => Value): Value[] {
    return Array.from({ length: this.#next(most + 1) }, (_, index) => make(index))
  }

  #name(prefix: string): string {
    this.#count++
    return `${prefix}${this.#count}`
  }

  #field(label: Label | undefined, typeName: string): Field {
    return { at: 0, label, type: { kind: 'name', name: typeName }, name: '', number: 0, options: [] }
  }

  #message(prefix: string, depth: number): Message {
    const name = this.#name('Message')
    return { ...this.#body(`${prefix}${name}`, depth), name }
  }

  #body(fullName: string, depth: number): Message {
    let number = 0
    const nextNumber = () => {
      number += 1 + this.#next(3)
      return number
    }
    const nested = depth < 3 ? this.#list(2, () => this.#message(`${fullName}.`, depth + 1)) : []
    const enums = this.#list(1, () => this.#enum(`${fullName}.`))
    this.#messages.push(fullName)
    const fields = this.#list(5, () => this.#someField(nextNumber(), false))
    const oneofs = this.#list(2, (): Oneof => {
      const first = this.#someField(nextNumber(), true)
      const more = this.#list(2, () => this.#someField(nextNumber(), true))
      return { at: 0, name: this.#name('choice'), options: [], fields: [first, ...more], groups: [] }
    })
    const isOld = this.#syntax !== 'proto3'
    const groups = isOld && depth < 3 ? this.#list(1, () => this.#group(fullName, depth, nextNumber())) : []
    return {
      at: 0,
      name: '',
      options: this.#oneIn(4) ? [option('deprecated', word('true'))] : [],
      reserved: this.#reserved(1000),
      fields,
      oneofs,
      groups,
      extensions: isOld ? this.#list(1, () => ({ at: 0, values: [range(5000, 6000), one(7000)], options: [] })) : [],
      extends: [],
      messages: nested,
      enums,
    }
  }

  #group(fullName: string, depth: number, number: number): Group {
    const message = this.#message(`${fullName}.`, depth + 1)
    return { at: 0, label: this.#pick(['optional', 'repeated']), number, options: [], message }
  }

  #someField(number: number, isInOneof: boolean): Field {
    const type = this.#fieldType(isInOneof)
    const isOld = this.#syntax !== 'proto3'
    const labels: (Label | undefined)[] = isOld
      ? ['optional', 'required', 'repeated']
      : [undefined, 'optional', 'repeated']
    const label = isInOneof || type.kind === 'map' ? undefined : this.#pick(labels)
    return { at: 0, label, type, name: this.#name('field'), number, options: this.#fieldOptions() }
  }

  #fieldType(isInOneof: boolean): FieldType {
    const named = [...this.#messages, ...this.#enums].map((name) => `.${name}`)
    const name = named.length > 0 && this.#oneIn(2) ? this.#pick(named) : this.#pick(SCALARS)
    if (isInOneof || !this.#oneIn(5)) return { kind: 'name', name }
    // The constants of an enum of proto2 need not begin with zero, as those in a map do.
    const isEnum = this.#enums.includes(name.slice(1))
    return { kind: 'map', key: this.#pick(MAP_KEYS), value: isEnum ? 'string' : name }
  }

  #fieldOptions(): readonly Option[] {
    const options: Option[] = []
    if (this.#oneIn(4)) options.push(option('deprecated', word('true')))
    const chance = this.#next(6)
    if (chance === 0) options.push(extension(['note'], text(this.#pick(TEXTS))))
    if (chance === 1) options.push(extension(['inner'], this.#map(0)))
    if (chance === 2) options.push(extension(['inner', 'lazy'], word('true')))
    if (this.#oneIn(6)) options.push(option('json_name', text(this.#name('json'))))
    return options
  }

  /** A value of google.protobuf.FieldOptions. */
  #map(depth: number): OptionValue {
    const entries = new Map<string, OptionValue>()
    if (this.#oneIn(2)) entries.set('deprecated', word(this.#pick(['true', 'false'])))
    if (this.#oneIn(2)) entries.set('ctype', word('CORD'))
    if (this.#oneIn(2)) entries.set(`[${this.#prefix}note]`, text(this.#pick(TEXTS)))
    if (depth < 2 && this.#oneIn(2)) entries.set(`[${this.#prefix}inner]`, this.#map(depth + 1))
    if (this.#oneIn(3)) {
      const targets = ['TARGET_TYPE_FILE', 'TARGET_TYPE_ENUM'].map((name) => word(name))
      entries.set('targets', { kind: 'list', values: targets })
    }
    return { kind: 'map', entries }
  }

  #reserved(from: number): readonly Reserved[] {
    return this.#list(2, (index) => {
      const base = from + index * 100
      const name = { kind: 'name' as const, name: this.#name('old') }
      if (this.#oneIn(3)) return { at: 0, values: [name] }
      return { at: 0, values: [one(base + this.#next(10)), range(base + 20, base + 20 + this.#next(20))] }
    })
  }

  #enum(prefix: string): Enum {
    const name = this.#name('Enum')
    const isOld = this.#syntax !== 'proto3'
    this.#enums.push(`${prefix}${name}`)
    let number = isOld ? this.#next(10) - 5 : 0
    const first = number
    const constant = () => {
      const made = { at: 0, name: this.#name('CONSTANT_'), number, options: [] }
      number += 1 + this.#next(5)
      return made
    }
    const constants = [constant(), ...this.#list(3, constant)]
    const isAliased = this.#oneIn(4)
    if (isAliased) constants.push({ at: 0, name: this.#name('ALIAS_'), number: first, options: [] })
    return {
      at: 0,
      name,
      options: isAliased ? [option('allow_alias', word('true'))] : [],
      reserved: this.#reserved(2000),
      constants,
    }
  }

  #service(): Service {
    return {
      at: 0,
      name: this.#name('Service'),
      options: this.#oneIn(3) ? [option('deprecated', word('true'))] : [],
      rpcs: this.#list(3, () => ({
        at: 0,
        name: this.#name('Method'),
        request: `.${this.#pick(this.#messages)}`,
        isRequestStreamed: this.#oneIn(2),
        response: `.${this.#pick(this.#messages)}`,
        isResponseStreamed: this.#oneIn(2),
        options: this.#oneIn(2) ? [option('idempotency_level', word('NO_SIDE_EFFECTS'))] : [],
      })),
    }
  }
}

function text(value: string): OptionValue {
  return { kind: 'string', text: value, isBinary: false }
}

function word(value: string): OptionValue {
  return { kind: 'word', text: value }
}

function option(name: string, value: OptionValue): Option {
  return { name: [{ name, isExtension: false }], value }
}

function extension([first = '', ...more]: readonly string[], value: OptionValue): Option {
  return { name: [{ name: first, isExtension: true }, ...more.map((name) => ({ name, isExtension: false }))], value }
}

function one(number: number) {
  return { kind: 'number' as const, number }
}

function range(first: number, last: number) {
  return { kind: 'range' as const, first, last }
}
