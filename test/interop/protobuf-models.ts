/** Files of Protobuf by chance, the same for the same seed: two of one language or another, of which the second imports the first. */
import type { Chance } from './chance.ts'
import {
  type EnumModel,
  type FieldModel,
  type FileModel,
  fileText,
  type MessageModel,
  mapKeys,
  type Shape,
  scalars,
} from './protobuf-model.ts'
import { wellKnown, wellKnownImports } from './protobuf-well-known.ts'

const languages = ['proto2', 'proto3', 'edition 2023'] as const
type Language = (typeof languages)[number]

export interface FilesModel {
  readonly texts: Readonly<Record<string, string>>
  readonly main: string
  /** Of the main file, nested ones as well, but no groups. */
  readonly messages: readonly MessageModel[]
}

const heads: Readonly<Record<Language, string>> = {
  proto2: 'syntax = "proto2";',
  proto3: 'syntax = "proto3";',
  'edition 2023': 'edition = "2023";',
}

/** `place` tells them from others in one run of protoc. */
export function filesByChance(chance: Chance, place: string): FilesModel {
  const imported = new FileMaker(chance, { place, name: `${place}_types`, language: chance.of(languages), types: [] })
  const first = imported.file()
  const types = imported.types
  const main = new FileMaker(chance, { place, name: `${place}_main`, language: chance.of(languages), types })
  const file = main.file()
  return {
    texts: { [first.name]: fileText(first), [file.name]: fileText(file) },
    main: file.name,
    messages: main.named,
  }
}

interface Options {
  readonly place: string
  readonly name: string
  readonly language: Language
  /** Of the file that it imports; none where it imports none. */
  readonly types: readonly Shape[]
}

/** Of messages in messages. */
const depthMax = 2

class FileMaker {
  /** All that may be the type of a field. */
  readonly types: (EnumModel | MessageModel)[] = []
  readonly named: MessageModel[] = []
  readonly #chance: Chance
  readonly #options: Options
  #names = 0

  constructor(chance: Chance, options: Options) {
    this.#chance = chance
    this.#options = options
  }

  file(): FileModel {
    const { name, place, language, types } = this.#options
    const imports = types.length > 0 ? [`${place}_types.proto`, ...wellKnownImports] : wellKnownImports
    const lines = [heads[language], `package ${name}.inner;`, ...imports.map((it) => `import "${it}";`)]
    const scope = `${name}.inner`
    const enums = [this.#enum(scope), this.#enum(scope)]
    const messages = Array.from({ length: 3 }, () => this.#message(scope, 0))
    return { name: `${name}.proto`, head: lines.join('\n'), enums, messages }
  }

  #name(prefix: string): string {
    return `${prefix}${this.#names++}`
  }

  #enum(scope: string): EnumModel {
    const { language } = this.#options
    const name = this.#name('Enum')
    const isOpen = language !== 'proto2'
    const prefix = `E${this.#names}`
    const numbers = [isOpen ? 0 : this.#chance.of([0, 1, -5]), 7, -1, 2 ** 31 - 1, -(2 ** 31)]
    const values = numbers.slice(0, 1 + this.#chance.below(5)).map((it, i) => [`${prefix}_V${i}`, it] as const)
    const again = values[0]
    const all =
      again !== undefined && this.#chance.is(0.3) ? [...values, [`${prefix}_SAME`, again[1]] as const] : values
    const made: EnumModel = { kind: 'enum', name, fullName: `${scope}.${name}`, values: all, isOpen }
    this.types.push(made)
    return made
  }

  #message(scope: string, depth: number): MessageModel {
    const made = this.#body(this.#name('Message'), scope, depth)
    this.named.push(made)
    return made
  }

  #body(name: string, scope: string, depth: number): MessageModel {
    const fullName = `${scope}.${name}`
    const enums = this.#chance.is(0.3) ? [this.#enum(fullName)] : []
    const count = depth < depthMax ? this.#chance.below(3) : 0
    const messages = Array.from({ length: count }, () => this.#message(fullName, depth + 1))
    const made: MessageModel = { kind: 'message', name, fullName, fields: [], enums, messages: [...messages] }
    const isGroup = name.startsWith('Group')
    if (!isGroup) this.types.push(made)
    let number = 0
    const next = (): number => {
      number += this.#chance.of([1, 1, 1, 2, 15, 2000])
      return number
    }
    for (let left = this.#chance.below(9); left > 0; left--) made.fields.push(this.#field(next()))
    // In groups protobufjs does not know a `oneof`.
    if (!isGroup && this.#chance.is(0.5)) made.fields.push(...this.#oneof(next))
    if (this.#options.language === 'proto2' && depth < depthMax && this.#chance.is(0.4))
      made.fields.push(this.#group(next(), fullName))
    return made
  }

  #shape(): Shape {
    const { types } = this.#options
    const kind = this.#chance.fraction()
    if (kind < 0.55) return { kind: 'scalar', scalar: this.#chance.of(scalars) }
    if (kind < 0.65) return this.#chance.of(wellKnown)
    // Enums of proto2 may not be in messages of proto3.
    const own = [...types, ...this.types].filter((it) => it.kind !== 'enum' || this.#takes(it))
    return this.#chance.of(own)
  }

  #takes({ isOpen }: EnumModel): boolean {
    return isOpen || this.#options.language === 'proto2'
  }

  #field(number: number): FieldModel {
    const shape = this.#shape()
    const name = this.#name('some_field')
    const kind = this.#chance.fraction()
    if (kind < 0.2 && mapValue(shape)) {
      const key = this.#chance.of(mapKeys)
      return { name, number, shape, label: 'map', key, before: '', options: [] }
    }
    if (kind < 0.45) return { name, number, shape, label: 'repeated', before: 'repeated', options: this.#listed(shape) }
    return { name, number, shape, ...this.#single(shape) }
  }

  /** Packed or not, where the language has a word for it. */
  #listed(shape: Shape): string[] {
    const isPackable = shape.kind !== 'message' && !(shape.kind === 'scalar' && /string|bytes/.test(shape.scalar))
    if (!isPackable || this.#chance.is(0.5)) return []
    const isPacked = this.#chance.is(0.5)
    if (this.#options.language === 'edition 2023')
      return [`features.repeated_field_encoding = ${isPacked ? 'PACKED' : 'EXPANDED'}`]
    return [`packed = ${isPacked}`]
  }

  #single(shape: Shape): Pick<FieldModel, 'label' | 'before' | 'options'> {
    const { language } = this.#options
    const isMessage = shape.kind === 'message'
    if (language === 'proto2') {
      const isRequired = !isMessage && this.#chance.is(0.2)
      return isRequired
        ? { label: 'required', before: 'required', options: [] }
        : { label: 'present', before: 'optional', options: [] }
    }
    if (language === 'proto3') {
      const isPresent = this.#chance.is(0.4)
      return {
        label: isMessage || isPresent ? 'present' : 'implicit',
        before: isPresent ? 'optional' : '',
        options: [],
      }
    }
    if (isMessage)
      return {
        ...{ label: 'present', before: '' },
        options: this.#chance.is(0.4) ? ['features.message_encoding = DELIMITED'] : [],
      }
    const presence = this.#chance.of(['', 'EXPLICIT', 'IMPLICIT', 'LEGACY_REQUIRED'] as const)
    const labels = { '': 'present', EXPLICIT: 'present', IMPLICIT: 'implicit', LEGACY_REQUIRED: 'required' } as const
    return {
      ...{ label: labels[presence], before: '' },
      options: presence === '' ? [] : [`features.field_presence = ${presence}`],
    }
  }

  #oneof(next: () => number): FieldModel[] {
    const oneof = this.#name('one')
    return Array.from({ length: 1 + this.#chance.below(4) }, () => {
      const place = { name: this.#name('some_choice'), number: next(), shape: this.#shape() }
      return { ...place, label: 'present', oneof, before: '', options: [] }
    })
  }

  /** Without messages in it: those have no place that an index tells. */
  #group(number: number, scope: string): FieldModel {
    const shape = this.#body(this.#name('Group'), scope, depthMax)
    const isRepeated = this.#chance.is(0.5)
    const name = shape.name.toLowerCase()
    const base = { name, number, shape, options: [], isGroup: true } as const
    return isRepeated
      ? { ...base, label: 'repeated', before: 'repeated' }
      : { ...base, label: 'present', before: 'optional' }
  }
}

/** An enum in a map begins with zero. */
const mapValue = (shape: Shape): boolean => shape.kind !== 'enum' || shape.values[0]?.[1] === 0
