/**
 * Whether a reader with one schema can read what was written with another, by the rules of schema resolution and with the results of
 * `SchemaCompatibility` in Java's Avro library: its kinds, its places, and its order.
 */
import type { Incompatibility } from '../formats/format.ts'
import type { AvroType, EnumType, Field, FixedType, FullName, NamedType, RecordType, UnionType } from './avro-type.ts'
import { type Finding, type Findings, joined, nothing, type Place, pointer, root, told, within } from './findings.ts'
import { clipped } from './messages.ts'

/** How much is compared: more is made to be slow. */
const stepsMax = 500_000
const depthMax = 500

/** Those of an enum that are told. */
const symbolsMax = 1000

export function incompatibilitiesOf(reader: AvroType, writer: AvroType): readonly Incompatibility[] {
  const comparison = new Comparison()
  try {
    return told(comparison.compare(reader, writer, root))
  } catch (error) {
    if (error instanceof Incomparable) return [error.incompatibility]
    throw error
  }
}

/** Writers of these kinds are read as the one by which they stand. */
const promotions = new Map<string, readonly string[]>([
  ['long', ['int']],
  ['float', ['int', 'long']],
  ['double', ['int', 'long', 'float']],
  ['bytes', ['string']],
  ['string', ['bytes']],
])

class Comparison {
  /** By reader and writer. One that is not done yet is taken for compatible: whatever is wrong with it is found where it was begun. */
  readonly #pairs = new Map<AvroType, Map<AvroType, Findings>>()
  #steps = 0
  #depth = 0

  compare(reader: AvroType, writer: AvroType, place: Place): Findings {
    this.#step()
    const pairs = this.#pairs.get(reader) ?? new Map<AvroType, Findings>()
    const known = pairs.get(writer)
    if (known !== undefined) return known
    if (this.#depth >= depthMax) throw tooLarge()
    this.#pairs.set(reader, pairs.set(writer, nothing))
    this.#depth++
    const findings = this.#findings(reader, writer, place)
    this.#depth--
    pairs.set(writer, findings)
    return findings
  }

  #step(): void {
    if (++this.#steps > stepsMax) throw tooLarge()
  }

  #findings(reader: AvroType, writer: AvroType, place: Place): Findings {
    if (writer.kind === 'union') {
      return reader.kind === 'union'
        ? this.#unions(reader, writer, place)
        : joined(writer.branches.map(({ type }, i) => this.compare(reader, type, within(place, String(i)))))
    }
    switch (reader.kind) {
      case 'union':
        return this.#branch(reader, writer, place)
      case 'array':
        if (writer.kind !== 'array') break
        return this.compare(reader.items.type, writer.items.type, within(place, 'items'))
      case 'map':
        if (writer.kind !== 'map') break
        return this.compare(reader.values.type, writer.values.type, within(place, 'values'))
      case 'fixed':
        if (writer.kind !== 'fixed') break
        return joined([this.#names(reader, writer, place), sizes(reader, writer, place)])
      case 'enum':
        if (writer.kind !== 'enum') break
        return joined([this.#names(reader, writer, place), this.#symbols(reader, writer, place)])
      case 'record':
        if (writer.kind !== 'record') break
        return joined([this.#names(reader, writer, place), this.#fields(reader, writer, place)])
      default:
        if (reader.kind === writer.kind || promotions.get(reader.kind)?.includes(writer.kind) === true) return nothing
    }
    const detail = `reader type: ${word(reader)} not compatible with writer type: ${word(writer)}`
    return [{ kind: 'TYPE_MISMATCH', place, detail }]
  }

  /** Names are compared without their namespaces, an alias with its own. */
  #names(reader: NamedType, writer: NamedType, place: Place): Findings {
    this.#steps += reader.aliases.length
    if (reader.name.name === writer.name.name) return nothing
    if (reader.aliases.some((alias) => isAlias(alias, reader, writer))) return nothing
    return [{ kind: 'NAME_MISMATCH', place: within(place, 'name'), detail: `expected: ${writer.name.full}` }]
  }

  /** Each branch of the writer is one that a branch of the reader can read. */
  #unions(reader: UnionType, writer: UnionType, place: Place): Findings {
    return writer.branches
      .map(({ type }, i) => ({ type, place: within(place, String(i)) }))
      .filter(({ type }) => this.compare(reader, type, root).length > 0)
      .map((branch) => missingBranch(branch.type, branch.place))
  }

  /** A branch of the reader can read it. */
  #branch(reader: UnionType, writer: AvroType, place: Place): Findings {
    const canRead = reader.branches.some(({ type }) => this.compare(type, writer, root).length === 0)
    return canRead ? nothing : [missingBranch(writer, place)]
  }

  #fields(reader: RecordType, writer: RecordType, place: Place): Findings {
    return joined(
      reader.fields.map((field, i) => {
        const at = within(place, 'fields', String(i))
        const written = this.#written(field, writer, at)
        if (written !== undefined) return this.compare(field.slot.type, written.slot.type, within(at, 'type'))
        return field.default === undefined ? this.#missing(field, writer, at) : nothing
      }),
    )
  }

  /** Of the writer's fields the one that the reader's reads, by its name or an alias. */
  #written(field: Field, writer: RecordType, place: Place): Field | undefined {
    const found: Field[] = []
    for (const name of [field.name, ...field.aliases]) {
      this.#step()
      const written = writer.fieldsByName.get(name)
      if (written !== undefined) found.push(written)
    }
    if (found.length > 1) throw ambiguous(field, found, place)
    return found[0]
  }

  /** An enum with a default of its own is compared with the writer's record, as Java does: it is no default of the field. */
  #missing(field: Field, writer: RecordType, place: Place): Findings {
    const { type } = field.slot
    if (type.kind === 'enum' && type.default !== undefined) return this.compare(type, writer, within(place, 'type'))
    return [{ kind: 'READER_FIELD_MISSING_DEFAULT_VALUE', place, detail: field.name }]
  }

  #symbols(reader: EnumType, writer: EnumType, place: Place): Findings {
    if (reader.default !== undefined) return nothing
    const known = new Set(reader.symbols)
    this.#steps += reader.symbols.length + writer.symbols.length
    const missing = writer.symbols.filter((symbol) => !known.has(symbol)).sort()
    if (missing.length === 0) return nothing
    const rest = missing.length > symbolsMax ? ', ...' : ''
    const detail = `[${missing.slice(0, symbolsMax).join(', ')}${rest}]`
    return [{ kind: 'MISSING_ENUM_SYMBOLS', place: within(place, 'symbols'), detail }]
  }
}

/** What does not concern any one field: it ends the comparison. */
class Incomparable extends Error {
  readonly incompatibility: Incompatibility

  constructor(incompatibility: Incompatibility) {
    super(incompatibility.description)
    this.incompatibility = incompatibility
  }
}

function tooLarge(): Incomparable {
  const description = 'the two schemas are too large, or nested too deep, to be compared'
  return new Incomparable({ type: 'TYPE_MISMATCH', description, additionalInfo: '' })
}

function ambiguous(field: Field, found: readonly Field[], place: Place): Incomparable {
  const several = clipped(found.map(({ name }) => `'${name}'`).join(', '))
  const which = `field '${clipped(field.name)}' (path '${pointer(place)}') of the reader schema`
  const description = `${which} stands for several fields of the writer schema, by its name and aliases: ${several}`
  return new Incomparable({ type: 'NAME_MISMATCH', description, additionalInfo: field.name })
}

/** One in no namespace, of a type in one, is none: Java writes it with a dot before it, and never finds it. */
function isAlias(alias: FullName, reader: NamedType, writer: NamedType): boolean {
  return alias.full === writer.name.full && (alias.space !== undefined || reader.name.space === undefined)
}

function sizes(reader: FixedType, writer: FixedType, place: Place): Findings {
  if (reader.size === writer.size) return nothing
  const detail = `expected: ${writer.size}, found: ${reader.size}`
  return [{ kind: 'FIXED_SIZE_MISMATCH', place: within(place, 'size'), detail }]
}

function missingBranch(writer: AvroType, place: Place): Finding {
  return { kind: 'MISSING_UNION_BRANCH', place, detail: `reader union lacking writer type: ${word(writer)}` }
}

function word({ kind }: AvroType): string {
  return kind.toUpperCase()
}
