/** Exact values of messages of Protobuf by chance, many of them at the edges of what a field holds. */
import { doubleBits, type Exact, floatBits } from './avro-exact.ts'
import type { Chance } from './chance.ts'
import type { EnumModel, FieldModel, MapKey, MessageModel, Scalar, Shape } from './protobuf-model.ts'

/** Messages in messages; beyond, they are empty. */
const depthMax = 4

const texts = ['', 'a', 'é', '€\u0000', '😀', '\u{10ffff}', '__proto__', 'x'.repeat(200), '\u007f߿\uffff', '12']
const doubles = [
  0,
  -0,
  1,
  0.1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -Number.MAX_VALUE,
  5e-324,
]
const floats = [
  0,
  -0,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  3.4028234663852886e38,
  2 ** -149,
]

type Message = { [name: string]: Exact }

export class MessageValues {
  readonly #chance: Chance

  constructor(chance: Chance) {
    this.#chance = chance
  }

  of(model: MessageModel, depth = 0): Message {
    const made: [string, Exact][] = []
    const seen = new Set<string>()
    for (const field of model.fields) {
      const isThere = field.label === 'required' || (this.#chance.is(0.6) && depth < depthMax)
      if (!isThere || (field.oneof !== undefined && seen.has(field.oneof))) continue
      if (field.oneof !== undefined) seen.add(field.oneof)
      made.push([field.name, this.#field(field, depth)])
    }
    return Object.fromEntries(made)
  }

  #field({ label, shape, key }: FieldModel, depth: number): Exact {
    const size = this.#chance.of([1, 1, 2, 5])
    if (label === 'repeated') return Array.from({ length: size }, () => this.#one(shape, depth))
    if (label !== 'map') return this.#one(shape, depth)
    return Object.fromEntries(Array.from({ length: size }, () => [this.#key(key ?? 'string'), this.#one(shape, depth)]))
  }

  #one(shape: Shape, depth: number): Exact {
    if (shape.kind === 'message') return this.of(shape, depth + 1)
    return shape.kind === 'enum' ? this.#number(shape) : this.#scalar(shape.scalar)
  }

  #number({ values, isOpen }: EnumModel): number {
    const unknown = [3, -7, 2 ** 31 - 1, -(2 ** 31)]
    return isOpen && this.#chance.is(0.3) ? this.#chance.of(unknown) : this.#chance.of(values)[1]
  }

  #key(type: MapKey): string {
    return String(this.#scalar(type))
  }

  #scalar(type: Scalar): Exact {
    switch (type) {
      case 'bool':
        return this.#chance.is(0.5)
      case 'float':
        return floatBits(this.#chance.is(0.7) ? this.#chance.of(floats) : Math.fround(this.#chance.fraction() * 1e6))
      case 'double':
        return doubleBits(this.#chance.is(0.7) ? this.#chance.of(doubles) : this.#chance.fraction() * 1e6)
      case 'string':
        return this.#chance.of(texts)
      case 'bytes':
        return Buffer.from(
          Array.from({ length: this.#chance.of([0, 1, 9, 130]) }, () => this.#chance.below(256)),
        ).toString('hex')
      default:
        return this.#integer(type)
    }
  }

  #integer(type: string): number | string {
    const bits = type.endsWith('64') ? 64n : 32n
    const isUnsigned = type.startsWith('u') || type.startsWith('fixed')
    const [min, max] = isUnsigned ? [0n, 2n ** bits - 1n] : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n]
    const edges = [0n, 1n, 127n, 128n, max, min, max - 1n, min + 1n, max / 2n, isUnsigned ? 300n : -1n]
    const drawn = BigInt.asUintN(64, (BigInt(this.#chance.bits()) << 32n) | BigInt(this.#chance.bits()))
    const value = this.#chance.is(0.7) ? this.#chance.of(edges) : min + (drawn % (max - min + 1n))
    return bits === 64n ? String(value) : Number(value)
  }
}
