/** Exact values of types of Avro by chance, the same for the same seed; many of them are at the edges of what the type holds. */
import { type AvroType, fullNameOf } from '../../src/registry/avro/avro-type.ts'
import { doubleBits, type Exact, floatBits } from './avro-exact.ts'
import type { Chance } from './chance.ts'

/** Beyond it arrays and maps are empty, and unions null where they can be. */
const depthSmall = 4
/** A record that holds itself, and not in a union, an array or a map, has no value. */
const depthMax = 40

const ints = [0, 1, -1, 63, 64, -64, -65, 8191, 8192, 2 ** 31 - 1, -(2 ** 31)]
const longs = [...ints.map(BigInt), 2n ** 31n, -(2n ** 31n) - 1n, 2n ** 53n - 1n, 1n - 2n ** 53n, -(2n ** 52n) - 1n]
/** The first one is beside the middle of two floats, and a double is in the middle. */
const bigLongs = [
  2n ** 60n + 2n ** 36n + 1n,
  2n ** 53n,
  2n ** 53n + 1n,
  -(2n ** 53n) - 1n,
  2n ** 62n + 1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
]
const numbers = [0, -0, 1, -1.5, 0.1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
const floats = [...numbers, 2 ** -149, -(2 ** -126), 3.4028234663852886e38, 16_777_216]
const doubles = [...numbers, Number.MIN_VALUE, -Number.MAX_VALUE, 2 ** -1022, 2 ** 53 + 2]
const characters = [
  'a',
  'Z',
  ' ',
  '"',
  '\\',
  '\n',
  '\u0000',
  '\u007f',
  'é',
  '߿',
  '€',
  '\ufeff',
  '\uffff',
  '😀',
  '\u{10ffff}',
]
const texts = ['', '__proto__', 'constructor', '12', 'x'.repeat(200), '👩‍👩‍👧', '\u2028']

export class AvroValues {
  readonly #chance: Chance
  readonly #longs: readonly bigint[]

  /** `safe`: longs that a number can be. */
  constructor(chance: Chance, options: { readonly longs: 'all' | 'safe' }) {
    this.#chance = chance
    this.#longs = options.longs === 'all' ? [...longs, ...bigLongs] : longs
  }

  /** Undefined: the type has none. */
  of(type: AvroType): Exact | undefined {
    try {
      return this.#value(type, 0)
    } catch (error) {
      if (error instanceof EndlessError) return undefined
      throw error
    }
  }

  #value(type: AvroType, depth: number): Exact {
    if (depth > depthMax) throw new EndlessError()
    switch (type.kind) {
      case 'null':
        return null
      case 'boolean':
        return this.#chance.is(0.5)
      case 'int':
        return this.#chance.is(0.5) ? this.#chance.of(ints) : this.#chance.bits() | 0
      case 'long':
        return String(this.#long())
      case 'float':
        return floatBits(this.#chance.is(0.5) ? this.#chance.of(floats) : Math.fround(this.#double()))
      case 'double':
        return doubleBits(this.#chance.is(0.5) ? this.#chance.of(doubles) : this.#double())
      case 'string':
        return this.#text()
      case 'bytes':
        return this.#bytes(this.#chance.of([0, 1, 5, 70]))
      case 'fixed':
        return this.#bytes(type.size)
      case 'enum':
        return this.#chance.of(type.symbols)
      case 'array':
        return Array.from({ length: this.#size(depth) }, () => this.#value(type.items.type, depth + 1))
      case 'map':
        return Object.fromEntries(
          Array.from({ length: this.#size(depth) }, () => [this.#key(), this.#value(type.values.type, depth + 1)]),
        )
      case 'record':
        return Object.fromEntries(type.fields.map(({ name, slot }) => [name, this.#value(slot.type, depth + 1)]))
      case 'union':
        return this.#branch(
          type.branches.map((slot) => slot.type),
          depth,
        )
    }
  }

  #branch(branches: readonly AvroType[], depth: number): Exact {
    const ends = branches.findIndex((branch) => branch.kind !== 'record')
    const isEnd = depth > depthSmall && ends >= 0
    const index = isEnd ? Math.max(ends, branches.map(fullNameOf).indexOf('null')) : this.#chance.below(branches.length)
    const branch = branches[index]
    // A union without branches is a schema that no value fits.
    if (branch === undefined) throw new EndlessError()
    return [index, this.#value(branch, depth + 1)]
  }

  #size(depth: number): number {
    return depth > depthSmall ? 0 : this.#chance.of([0, 1, 2, 3, 20])
  }

  #long(): bigint {
    if (this.#chance.is(0.5)) return this.#chance.of(this.#longs)
    return (BigInt(this.#chance.bits() | 0) << 20n) + BigInt(this.#chance.bits() & 0xfffff)
  }

  #double(): number {
    return (this.#chance.fraction() - 0.5) * 2 ** (this.#chance.below(200) - 100)
  }

  #text(): string {
    if (this.#chance.is(0.3)) return this.#chance.of(texts)
    return Array.from({ length: this.#chance.below(8) }, () => this.#chance.of(characters)).join('')
  }

  /** Where a key is one backslash, `JSON.parse` of Node 24 takes others for it, such as a tab: what is asked and answered here is JSON. */
  #key(): string {
    const key = this.#text()
    return key === '\\' ? 'backslash' : key
  }

  #bytes(size: number): string {
    return Buffer.from(Array.from({ length: size }, () => this.#chance.below(256))).toString('hex')
  }
}

class EndlessError extends Error {
  override readonly name = 'EndlessError'
}
