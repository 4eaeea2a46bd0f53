/** Writes a schema as Java's Avro library does: a type with a name is defined where it comes first, and named further on. */
import { InvalidSchemaError } from '../formats/format.ts'
import {
  type AvroType,
  type Field,
  type FullName,
  isNamed,
  type NamedType,
  type RecordType,
  type UnionType,
} from './avro-type.ts'
import { type JsonObject, jsonDepth, jsonText, quoted, sortedProps } from './json.ts'
import { depthMax } from './json-reader.ts'
import { logicalProps } from './logical-types.ts'
import { normalDefault } from './normal-default.ts'

export interface WriterOptions {
  /** Types that are named where they come, and not defined. */
  readonly known: Iterable<string>
  /** So that all texts of one meaning are one: attributes in order, and no empty ones. */
  readonly isNormal: boolean
}

/** Throws InvalidSchemaError where the text would be nested deeper than one that is read. */
export function writeAvro(type: AvroType, options: WriterOptions): string {
  return new AvroWriter(options).type(type, undefined, 0)
}

class AvroWriter {
  readonly #known: Set<string>
  readonly #isNormal: boolean

  constructor({ known, isNormal }: WriterOptions) {
    this.#known = new Set(known)
    this.#isNormal = isNormal
  }

  type(type: AvroType, space: string | undefined, depth: number): string {
    checkDepth(depth)
    if (type.kind === 'union') return this.#union(type, space, depth)
    if (isNamed(type)) return this.#named(type, space, depth)
    const props = this.#props(type, depth)
    if (type.kind === 'array') {
      return `{"type":"array","items":${this.type(type.items.type, space, depth + 1)}${props}}`
    }
    if (type.kind === 'map') return `{"type":"map","values":${this.type(type.values.type, space, depth + 1)}${props}}`
    return props === '' ? quoted(type.kind) : `{"type":"${type.kind}"${props}}`
  }

  #union({ branches }: UnionType, space: string | undefined, depth: number): string {
    return `[${branches.map((branch) => this.type(branch.type, space, depth + 1)).join(',')}]`
  }

  #named(type: NamedType, space: string | undefined, depth: number): string {
    if (this.#known.has(type.name.full)) return quoted(type.name.within(space))
    this.#known.add(type.name.full)
    const parts = [`"type":"${this.#word(type)}","name":"${type.name.name}"`]
    if (type.name.space !== space) parts.push(`"namespace":${quoted(type.name.space ?? '')}`)
    if (type.doc !== undefined && !(this.#isNormal && type.doc === '')) parts.push(`"doc":${quoted(type.doc)}`)
    parts.push(this.#body(type, depth))
    const aliases = this.#aliases(type).map((it) => quoted(it.within(type.name.space)))
    const last = aliases.length === 0 ? '' : `,"aliases":[${aliases.join(',')}]`
    return `{${parts.join(',')}${this.#props(type, depth)}${last}}`
  }

  #word(type: NamedType): string {
    return type.kind === 'record' && type.isError && !this.#isNormal ? 'error' : type.kind
  }

  #body(type: NamedType, depth: number): string {
    if (type.kind === 'fixed') return `"size":${type.size}`
    if (type.kind === 'record') return this.#fields(type, depth)
    const last = type.default === undefined ? '' : `,"default":${quoted(type.default)}`
    return `"symbols":[${type.symbols.map(quoted).join(',')}]${last}`
  }

  #fields(record: RecordType, depth: number): string {
    const fields = record.fields.map((field) => this.#field(field, record.name.space, depth + 2))
    return `"fields":[${fields.join(',')}]`
  }

  #field(field: Field, space: string | undefined, depth: number): string {
    const parts = [`"name":"${field.name}","type":${this.type(field.slot.type, space, depth + 1)}`]
    if (field.doc !== undefined) parts.push(`"doc":${quoted(field.doc)}`)
    if (field.default !== undefined) {
      checkDepth(depth + 1 + jsonDepth(field.default))
      const value = this.#isNormal ? normalDefault(field.default, field.slot.type) : field.default
      parts.push(`"default":${jsonText(value)}`)
    }
    if (field.order !== 'ascending') parts.push(`"order":"${field.order}"`)
    const aliases = this.#isNormal ? field.aliases.toSorted() : field.aliases
    if (aliases.length > 0) parts.push(`"aliases":${jsonText(aliases)}`)
    const props = this.#isNormal ? sortedProps(field.props) : field.props
    return `{${parts.join(',')}${propsText(props, depth)}}`
  }

  #props(type: Exclude<AvroType, UnionType>, depth: number): string {
    if (!this.#isNormal) return propsText(type.props, depth)
    // Those of a logical type come first.
    return propsText(new Map([...logicalProps(type), ...sortedProps(type.props)]), depth)
  }

  #aliases({ name, aliases }: NamedType): readonly FullName[] {
    if (!this.#isNormal) return aliases
    const key = (alias: FullName): string =>
      alias.space === undefined && name.space !== undefined ? `.${alias.name}` : alias.full
    return aliases.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
  }
}

function propsText(props: JsonObject, depth: number): string {
  return Array.from(props, ([name, value]) => {
    checkDepth(depth + 1 + jsonDepth(value))
    return `,${quoted(name)}:${jsonText(value)}`
  }).join('')
}

function checkDepth(depth: number): void {
  if (depth > depthMax) throw new InvalidSchemaError(`types are nested deeper than ${depthMax}`)
}
