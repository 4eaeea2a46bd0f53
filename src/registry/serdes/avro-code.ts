/**
 * Code for the types of one schema, that reads and writes values as `avsc` does, faster: it does not look at the types again for each value.
 * What it does not take is for `avsc` to take, or to say what is wrong with it.
 */
import avsc from 'avsc'
import { AvroInput } from './avro-input.ts'
import { MapKey, placesMax } from './avro-known-texts.ts'
import { AvroOutput } from './avro-output.ts'
import { branchNumber, called, keyOf, nextBlock, prologue, reads, returned, symbolOf } from './avro-reads.ts'

const { ArrayType, EnumType, FixedType, MapType, RecordType, UnwrappedUnionType, WrappedUnionType } = avsc.types

type Read = (input: AvroInput) => unknown
type Write = (output: AvroOutput, value: unknown) => void

/** Each throws for what it does not take. */
export interface AvroCode {
  /** Behind `head`. */
  readonly encode: (value: unknown, head: Uint8Array) => Buffer
  /** Of the bytes from there to the end. */
  readonly decode: (bytes: Buffer, from: number) => unknown
}

/** In a schema; a record in itself is one. */
const typesMax = 2000

/** Undefined: there is a type in it that this does not know. */
export function avroCode(type: avsc.Type): AvroCode | undefined {
  const functions = new AvroFunctions().of(type)
  if (functions === undefined) return undefined
  const { read, write } = functions
  const input = new AvroInput()
  const output = new AvroOutput()
  return {
    encode(value, head) {
      output.begin(head)
      write(output, value)
      return output.done()
    },
    decode(bytes, from) {
      input.begin(bytes, from)
      const value = read(input)
      input.done()
      return value
    },
  }
}

class UnknownType extends Error {}

/** Expressions that read a value of a type, and one that writes the value which an expression has. */
interface Text {
  /** From `at` on. */
  readonly read: string
  /** From where `input` is. */
  readonly call: string
  readonly write: (value: string) => string
}

const textOf = (call: string, write: Text['write'], read = called(call)): Text => ({ read, call, write })

/** As their methods are called, in input and in output alike. */
const simpleTypes: ReadonlyMap<string, string> = new Map([
  ...['null', 'boolean', 'int', 'long', 'float', 'double', 'string', 'bytes'].map((name) => [name, name] as const),
  // As `avsc` calls a long that is no number.
  ['abstract:long', 'bigint'],
])

/** What `value` is where a branch of a union is meant. */
const conditions: Readonly<Record<string, string>> = {
  null: 'value === null',
  boolean: "typeof value === 'boolean'",
  number: "typeof value === 'number'",
  bigint: "typeof value === 'bigint'",
  string: "typeof value === 'string'",
  bytes: 'value instanceof Uint8Array',
  array: 'Array.isArray(value)',
  object: "typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)",
}

const kinds: Readonly<Record<string, string>> = {
  'abstract:long': 'bigint',
  ...{ int: 'number', long: 'number', float: 'number', double: 'number' },
  ...{ fixed: 'bytes', enum: 'string', map: 'object', record: 'object', error: 'object' },
}

const conditionOf = ({ typeName }: avsc.Type): string => {
  const condition = conditions[kinds[typeName] ?? typeName]
  if (condition === undefined) throw new UnknownType(typeName)
  return condition
}

/** Made room for items of an array at once. */
const roomMax = 1000
/** An array of so many is a literal: one that is made by its size, and filled, takes longer. */
const literalMax = 3

/** A function that is too long is never optimised: in a record of more fields than these they are read by calls. */
const fieldsMax = 100

const misfit = "throw new TypeError('a value does not fit its schema')"

/** All names in the code are ours: of the schema there are but numbers, and texts in quotes. */
class AvroFunctions {
  readonly #constants: unknown[] = []
  readonly #lines: string[] = []
  readonly #records = new Map<avsc.Type, Text>()
  #functions = 0
  #types = 0

  /** Undefined: there is a type in it that this does not know. */
  of(type: avsc.Type): { readonly read: Read; readonly write: Write } | undefined {
    try {
      const { read, write } = this.#text(type)
      const all = `{ read(input) { ${prologue}; const made = ${read}; ${returned('made')} }, write(output, value) { ${write('value')} } }`
      return new Function('constants', [...this.#lines, `return ${all}`].join('\n'))(this.#constants)
    } catch (error) {
      if (error instanceof UnknownType) return undefined
      throw error
    }
  }

  #constant(value: unknown): string {
    const number = this.#constants.push(value) - 1
    this.#lines.push(`const c${number} = constants[${number}]`)
    return `c${number}`
  }

  #text(type: avsc.Type): Text {
    if (++this.#types > typesMax) throw new UnknownType('too many types')
    if (type instanceof RecordType) return this.#record(type)
    if (type instanceof ArrayType) return this.#array(type)
    if (type instanceof MapType) return this.#map(type)
    if (type instanceof UnwrappedUnionType) return this.#union(type)
    if (type instanceof WrappedUnionType) return this.#wrappedUnion(type)
    if (type instanceof EnumType) return this.#enum(type)
    if (type instanceof FixedType)
      return textOf(`input.fixed(${type.size})`, (value) => `output.fixed(${value}, ${type.size})`)
    const { typeName } = type
    const simple = simpleTypes.get(typeName)
    if (simple === undefined) throw new UnknownType(typeName)
    return textOf(`input.${simple}()`, (value) => `output.${simple}(${value})`, reads.get(typeName))
  }

  /** Of functions that are made of the lines of their bodies; in that which writes there is `value`. */
  #called(make: () => { readonly read: readonly string[]; readonly write: readonly string[] }, as?: avsc.Type): Text {
    const number = this.#functions++
    const text = textOf(`read${number}(input)`, (value) => `write${number}(output, ${value})`)
    // It may be in itself.
    if (as !== undefined) this.#records.set(as, text)
    const { read, write } = make()
    this.#lines.push(
      ...[`function read${number}(input) {`, prologue, ...read, '}'],
      ...[`function write${number}(output, value) {`, ...write, '}'],
    )
    return text
  }

  #record(type: avsc.types.RecordType): Text {
    const known = this.#records.get(type)
    if (known !== undefined) return known
    return this.#called(() => {
      const made = this.#constant(type.recordConstructor)
      const fields = type.fields.map((field) => this.#field(field))
      return {
        read:
          fields.length > fieldsMax
            ? [`return new ${made}(${fields.map(({ call }) => call).join(', ')})`]
            : [`const made = new ${made}(${fields.map(({ read }) => read).join(', ')})`, returned('made')],
        write: fields.map(({ write }, i) => write(`field${i}`)),
      }
    }, type)
  }

  /** What is not there is written as its default. */
  #field({ name, type, defaultValue }: avsc.types.Field): Text {
    const { write, ...text } = this.#text(type)
    const otherwise: unknown = defaultValue()
    const given = (field: string): string => `const ${field} = value[${JSON.stringify(name)}]`
    if (otherwise === undefined) return { ...text, write: (field) => `${given(field)}; ${write(field)}` }
    const bytes = this.#constant(type.toBuffer(otherwise))
    return {
      ...text,
      write: (field) => `${given(field)}; if (${field} === undefined) output.raw(${bytes}); else ${write(field)}`,
    }
  }

  #array({ itemsType }: avsc.types.ArrayType): Text {
    const { read, write } = this.#text(itemsType)
    return this.#called(() => ({
      read: [
        `const first = ${called('input.block()')}`,
        'let items, left, count = first',
        'switch (first) {',
        ...Array.from({ length: literalMax }, (_, i) => {
          const literal = Array.from({ length: i + 1 }, () => read).join(', ')
          return `case ${i + 1}: items = [${literal}]; left = ${nextBlock}; break`
        }),
        // One that grows takes more room.
        `default: items = first > ${roomMax} ? [] : new Array(first); left = first; count = 0`,
        '}',
        `for (; left > 0; left = ${nextBlock}) for (; left > 0; left--) items[count++] = ${read}`,
        returned('items'),
      ],
      write: [
        `if (!Array.isArray(value)) ${misfit}`,
        'const { length } = value',
        'if (length > 0) output.count(length)',
        `for (let i = 0; i < length; i++) ${write('value[i]')}`,
        'output.count(0)',
      ],
    }))
  }

  #map({ valuesType }: avsc.types.MapType): Text {
    const { read, write } = this.#text(valuesType)
    const known = Array.from({ length: placesMax }, () => this.#constant(new MapKey()))
    const entry = (keyRead: string): string => `const key = ${keyRead}; map[key] = ${read}`
    return this.#called(() => ({
      read: [
        'const map = {}',
        `let left = ${called('input.block()')}`,
        // Code of its own for each of the first places: a map mostly has the same key there.
        ...known.map((key) => `if (left > 0) { ${entry(keyOf(key))}; if (--left === 0) left = ${nextBlock} }`),
        `for (; left > 0; left = ${nextBlock}) for (; left > 0; left--) { ${entry(called('input.key()'))} }`,
        returned('map'),
      ],
      write: [
        `if (typeof value !== 'object' || value === null || Array.isArray(value)) ${misfit}`,
        'const keys = Object.keys(value)',
        'if (keys.length > 0) output.count(keys.length)',
        `for (const key of keys) { output.string(key); ${write('value[key]')} }`,
        'output.count(0)',
      ],
    }))
  }

  /** What a value is tells its branch. */
  #union({ types }: avsc.types.UnwrappedUnionType): Text {
    const branches = types.map((type) => ({ ...this.#text(type), condition: conditionOf(type) }))
    return this.#called(() => ({
      read: switched(branches.map(({ read }) => read)),
      write: [
        ...branches.map(
          ({ condition, write }, i) => `if (${condition}) { output.count(${i}); return ${write('value')} }`,
        ),
        misfit,
      ],
    }))
  }

  /** An object with one property, that is called as the branch is. */
  #wrappedUnion({ types }: avsc.types.WrappedUnionType): Text {
    const branches = types.map((type, i) => {
      const { read, write } = this.#text(type)
      const { typeName, branchName = '' } = type
      if (typeName === 'null') return { read, write: `if (value === null) return output.count(${i})` }
      const inner = `{ output.count(${i}); return ${write(`value[name]`)} }`
      return {
        read: `${this.#constant(type)}.wrap(${read})`,
        write: `if (name === ${JSON.stringify(branchName)}) ${inner}`,
      }
    })
    return this.#called(() => ({
      read: switched(branches.map(({ read }) => read)),
      write: [
        "const names = typeof value === 'object' && value !== null ? Object.keys(value) : []",
        'const name = names.length === 1 ? names[0] : undefined',
        ...branches.map(({ write }) => write),
        misfit,
      ],
    }))
  }

  #enum({ symbols }: avsc.types.EnumType): Text {
    const all = this.#constant(symbols)
    const places = this.#constant(new Map(symbols.map((symbol, i) => [symbol, i])))
    return textOf(`input.symbol(${all})`, (value) => `output.symbol(${value}, ${places})`, symbolOf(all))
  }
}

/** By the number of the branch, that comes first. */
const switched = (branches: readonly string[]): string[] => [
  'let made',
  `switch (${branchNumber}) {`,
  ...branches.map((read, i) => `case ${i}: made = ${read}; break`),
  `default: ${misfit}`,
  '}',
  returned('made'),
]
