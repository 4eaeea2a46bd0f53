/** The messages of a file of Protobuf, by their places in it and by their names; protobufjs reads it, with what it imports. */
import protobufjs from 'protobufjs'
import { CONFLUENT_FILES } from '../protobuf/known-confluent.ts'
import { DESCRIPTOR_FILES } from '../protobuf/known-descriptor.ts'
import { GOOGLE_FILES } from '../protobuf/known-google.ts'
import { TYPE_FILES } from '../protobuf/known-types.ts'
import type { WholeSchema } from './codec.ts'

/** What every registry knows. Not those that protobufjs has: its names of fields do not follow `keepCase`. */
const knownFiles: ReadonlyMap<string, string> = new Map([
  ...DESCRIPTOR_FILES,
  ...GOOGLE_FILES,
  ...TYPE_FILES,
  ...CONFLUENT_FILES,
])

/** Of a file, in characters: code is made of it. */
const textMax = 1_000_000
/** Protobufjs compares the fields of a message with each other: of all messages of a file the squares of the numbers of their fields. */
const squaresMax = 20_000_000

interface Place {
  readonly type: protobufjs.Type
  readonly indexes: readonly number[]
  /** As who does not count the messages of map entries tells it, of which a text has those that stood before others in a descriptor. */
  readonly plainIndexes: readonly number[]
  /** Nobody writes such a message by itself. */
  readonly isMapEntry: boolean
}

export class ProtobufFile {
  readonly #root = new protobufjs.Root()
  readonly #keepCase: boolean
  readonly #texts: ReadonlyMap<string, string>
  readonly #added = new Set<string>()
  readonly #places: readonly Place[]
  readonly #package: string

  /** Throws where it is none, or an import is missing. */
  constructor({ schema, resolved }: WholeSchema, { keepCase }: { readonly keepCase: boolean }) {
    this.#keepCase = keepCase
    this.#texts = new Map([...knownFiles, ...resolved.map(({ name, text }) => [name, text] as const)])
    const own = this.#parse(schema, new protobufjs.Root())
    this.#package = own.package ?? ''
    const names = [...placesIn(own.root.lookup(this.#package) ?? own.root)]
    this.#add(schema)
    this.#root.resolveAll()
    this.#places = names.map((place) => ({ ...place, type: this.#root.lookupType(place.type.fullName) }))
  }

  /** Throws where it has none, or the name is not of one of them. Undefined: the first one. */
  named(name: string | undefined): Place {
    const wanted = name?.replace(/^\./, '')
    const within = this.#package === '' ? '' : `${this.#package}.`
    const matches = (full: string): boolean => full === wanted || full === within + wanted
    const found =
      wanted === undefined
        ? this.#places[0]
        : (this.#places.find(({ type }) => matches(fullName(type))) ?? this.#only(wanted))
    if (found !== undefined) return found
    const all = this.#places.slice(0, 10).map(({ type }) => fullName(type))
    throw new TypeError(
      wanted === undefined
        ? 'the schema has no message'
        : `the schema has no message '${wanted}', but ${all.join(', ') || 'none'}`,
    )
  }

  /** By the name alone, where it tells one. */
  #only(name: string): Place | undefined {
    const found = this.#places.filter(({ type }) => type.name === name)
    return found.length === 1 ? found[0] : undefined
  }

  /**
   * Undefined: nothing is there. Clients in Java, Python and Go count the messages of map entries as others, those in JavaScript do not:
   * what cannot be meant by the first is meant by the others, and what can be is taken so.
   */
  at(indexes: readonly number[]): Place | undefined {
    const wanted = indexes.join()
    const found = this.#places.find((place) => place.indexes.join() === wanted)
    if (found?.isMapEntry === false) return found
    return this.#places.find((place) => !place.isMapEntry && place.plainIndexes.join() === wanted) ?? found
  }

  #add(text: string): void {
    const { imports = [], weakImports = [] } = this.#parse(text, this.#root)
    for (const name of [...imports, ...weakImports]) {
      if (this.#added.has(name)) continue
      this.#added.add(name)
      const imported = this.#texts.get(name)
      if (imported === undefined) throw new TypeError(`the schema imports '${name}', which is none of its references`)
      this.#add(imported)
    }
  }

  #parse(text: string, root: protobufjs.Root): protobufjs.IParserResult {
    if (text.length > textMax) throw new TypeError(`a schema has at most ${textMax} characters`)
    if (squaresIn(text) > squaresMax) throw new TypeError('a message of the schema has too many fields')
    return protobufjs.parse(text, root, { keepCase: this.#keepCase })
  }
}

/** What ends a field, a value or a range; braces; what else these may stand in. */
const tokens = /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|[{};,]/g

function squaresIn(text: string): number {
  const around: number[] = []
  let count = 0
  let squares = 0
  for (const [token] of text.matchAll(tokens)) {
    if (token === '{') {
      around.push(count)
      count = 0
    } else if (token === '}') {
      squares += count ** 2
      count = around.pop() ?? 0
    } else if (token === ';' || token === ',') count++
  }
  return [...around, count].reduce((sum, rest) => sum + rest ** 2, squares)
}

/** Groups are no messages of their own, as the registry counts them. */
function* placesIn(within: protobufjs.ReflectionObject, around?: Place): Generator<Place> {
  if (!(within instanceof protobufjs.Namespace)) return
  let index = 0
  let plainIndex = 0
  for (const type of within.nestedArray) {
    if (!(type instanceof protobufjs.Type) || Reflect.get(type, 'group') === true) continue
    const isMapEntry = type.options?.['map_entry'] === true
    const place: Place = {
      type,
      indexes: [...(around?.indexes ?? []), index++],
      plainIndexes: [...(around?.plainIndexes ?? []), isMapEntry ? plainIndex : plainIndex++],
      isMapEntry,
    }
    yield place
    yield* placesIn(type, place)
  }
}

export const fullName = (type: protobufjs.Type): string => type.fullName.replace(/^\./, '')
