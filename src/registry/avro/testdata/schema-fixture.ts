/** Schemas by chance, the same for the same seed: pairs of which one is a change of the other, and texts with a flaw. */

type Value = null | boolean | number | string | Value[] | { [name: string]: Value }
type Attributes = { [name: string]: Value }

const primitives = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']
const spaces = ['', 'a', 'a.b', 'org.x']
const logical: Attributes[] = [
  { type: 'int', logicalType: 'date' },
  { type: 'long', logicalType: 'timestamp-millis', note: 'x' },
  { type: 'string', logicalType: 'uuid' },
  { type: 'bytes', scale: 2, precision: 9, logicalType: 'decimal' },
  { type: 'string', logicalType: 'decimal' },
  { type: 'string', 'avro.java.string': 'String' },
]

export interface SchemaPair {
  readonly reader: string
  readonly writer: string
}

export class SchemaGenerator {
  #state: number
  #names = 0
  /** Full names of what is defined already, or is being defined. */
  #known: string[] = []

  constructor(seed: number) {
    this.#state = seed
  }

  pair(): SchemaPair {
    const one = this.#schema()
    const other = structuredClone(one)
    const changes = this.#below(8)
    const changed = { root: other }
    for (let i = 0; i < changes; i++) this.#change(changed)
    const texts = [JSON.stringify(one), JSON.stringify(changed.root)] as const
    const [reader, writer] = this.#chance(0.5) ? texts : [texts[1], texts[0]]
    return { reader, writer }
  }

  text(): string {
    return JSON.stringify(this.#schema())
  }

  /** The text uses types of what it refers to. */
  referring(): { readonly text: string; readonly references: readonly string[] } {
    const reference = JSON.stringify(this.#schema())
    const names = this.#names
    const text = JSON.stringify(this.#chance(0.9) ? this.#record(0, this.#of(spaces)) : this.#type(0, ''))
    this.#names = this.#chance(0.1) ? names : this.#names
    const last = JSON.stringify(this.#record(0, 'last'))
    return this.#chance(0.5) ? { text, references: [reference] } : { text: last, references: [reference, text] }
  }

  /** With one value within it taken out, doubled, or put in the place of another one. */
  mutant(): string {
    const root: Attributes = { schema: this.#schema() }
    const places = placesOf(root).filter(({ key }) => key !== 'schema')
    const { holder, key } = places.length > 0 ? this.#of(places) : { holder: root, key: 'schema' }
    const from = this.#of(placesOf(root))
    const other = this.#of<Value>([null, 1, -1, 'x', '', 'string', 'a.b', [], {}, true, 1.5, 'a-b'])
    if (this.#chance(0.4)) set(holder, key, other)
    else if (this.#chance(0.5)) set(holder, key, structuredClone(from.value))
    else if (Array.isArray(holder)) holder.push(structuredClone(holder[Number(key)] ?? null))
    else delete holder[key]
    return JSON.stringify(root['schema'] ?? null)
  }

  #schema(): Value {
    this.#known = []
    this.#names = 0
    return this.#chance(0.85) ? this.#record(0, '') : this.#type(0, '')
  }

  #type(depth: number, space: string): Value {
    const kind = this.#random()
    if (depth > 3 || kind < 0.35) return this.#of(primitives)
    if (kind < 0.45) return structuredClone(this.#of(logical))
    if (kind < 0.53) return { type: 'array', items: this.#type(depth + 1, space) }
    if (kind < 0.59) return { type: 'map', values: this.#type(depth + 1, space), ...this.#extra() }
    if (kind < 0.75) return this.#union(depth, space)
    if (kind < 0.83) return this.#enum(space)
    if (kind < 0.88) return this.#fixed(space)
    if (kind < 0.94 && this.#known.length > 0) return this.#of(this.#known)
    return this.#record(depth + 1, space)
  }

  #union(depth: number, space: string): Value {
    const branches = new Map<string, Value>()
    const count = 1 + this.#below(4)
    for (let i = 0; i < count; i++) {
      const type = this.#type(depth + 1, space)
      if (!Array.isArray(type)) branches.set(branchOf(type, space), type)
    }
    return [...branches.values()]
  }

  #named(type: string, space: string): { attributes: Attributes; space: string } {
    const name = `${type.slice(0, 1).toUpperCase()}${this.#names++}`
    const own = this.#chance(0.3) ? this.#of(spaces) : space
    const attributes: Attributes = { type, name }
    if (own !== space) attributes['namespace'] = own
    if (this.#chance(0.1)) attributes['doc'] = this.#of(['', 'a "doc"', 'é\n\u0001'])
    if (this.#chance(0.15)) attributes['aliases'] = this.#of([['Old'], ['a.Old', 'b.Old'], [`x.${name}`], ['.Old']])
    return { attributes, space: own }
  }

  #done({ attributes, space }: { attributes: Attributes; space: string }): Attributes {
    this.#known.push(space === '' ? String(attributes['name']) : `${space}.${attributes['name']}`)
    return attributes
  }

  #record(depth: number, space: string): Attributes {
    const named = this.#named(this.#chance(0.05) ? 'error' : 'record', space)
    // Before its fields: they may be of its own type.
    const attributes = this.#done(named)
    const count = this.#below(5)
    const fields = Array.from({ length: count }, (_, i) => this.#field(`f${i}`, depth, named.space))
    return Object.assign(attributes, { fields }, this.#extra())
  }

  #field(name: string, depth: number, space: string): Attributes {
    const type = this.#type(depth + 1, space)
    const field: Attributes = { name, type, ...this.#extra() }
    const value = this.#chance(0.5) ? this.#default(type) : undefined
    if (value !== undefined) field['default'] = value
    if (this.#chance(0.1)) field['order'] = this.#of(['ascending', 'descending', 'ignore'])
    if (this.#chance(0.1)) field['aliases'] = this.#of([['g'], ['g', 'f0'], ['f1'], [`${name}_old`]])
    if (this.#chance(0.05)) field['doc'] = 'of a field'
    return field
  }

  #enum(space: string): Attributes {
    const named = this.#named('enum', space)
    const symbols = ['A', 'B', 'C', 'D'].slice(0, 1 + this.#below(4))
    Object.assign(named.attributes, { symbols }, this.#chance(0.3) ? { default: this.#of(symbols) } : {})
    return this.#done(named)
  }

  #fixed(space: string): Attributes {
    const named = this.#named('fixed', space)
    Object.assign(named.attributes, { size: this.#of([4, 12, 16]) }, this.#extra())
    return this.#done(named)
  }

  #extra(): Attributes {
    if (this.#chance(0.9)) return {}
    return this.#of<Attributes>([
      { x: { b: 1, a: [1.5, null] } },
      { y: 1e21, x: 'z' },
      { 'a b': 123456789012, n: -0.25 },
    ])
  }

  #default(type: Value): Value | undefined {
    const [first] = Array.isArray(type) ? type : [type]
    const kind = typeof first === 'string' ? first : isAttributes(first) ? first['type'] : ''
    switch (kind) {
      case 'null':
        return null
      case 'boolean':
        return true
      case 'int':
        return this.#below(100)
      case 'long':
        return this.#of([1, 1e12])
      case 'float':
      case 'double':
        return this.#of([1, 0.5, 1e10, 12345678.9, 0.0001])
      case 'bytes':
      case 'string':
        return 'text'
      case 'enum':
        return 'A'
      case 'array':
        return []
      case 'map':
        return {}
      default:
        return undefined
    }
  }

  #change(changed: { root: Value }): void {
    const places = placesOf(changed).filter(isChangeable)
    if (places.length === 0) return
    const { holder, key, value } = this.#of(places)
    if (Array.isArray(value)) this.#changeList(value, key)
    else if (typeof value === 'object' && value !== null) this.#changeObject(value, key)
    else this.#changePrimitive(holder, key, value)
  }

  #changePrimitive(holder: Value[] | Attributes, key: string, value: Value): void {
    const other = this.#of(primitives)
    if (!Array.isArray(holder)) {
      if (holder['items'] === undefined && holder['values'] === undefined) delete holder['default']
      const isWithin = holder['logicalType'] !== undefined || this.#chance(0.6)
      set(holder, key, isWithin ? other : value === 'null' ? ['null'] : ['null', value])
    } else if (!holder.includes(other)) set(holder, key, other)
  }

  #changeList(list: Value[], key: string): void {
    if (key === 'symbols') {
      if (this.#chance(0.5)) list.push(`S${this.#below(1000)}`)
      else if (list.length > 1) list.shift()
    } else if (key === 'fields') {
      if (this.#chance(0.3)) list.reverse()
      else if (this.#chance(0.4)) list.splice(this.#below(list.length + 1), 1)
      else list.push({ name: `n${this.#below(1000)}`, type: 'int', ...(this.#chance(0.5) ? { default: 1 } : {}) })
    } else if (key !== 'aliases') {
      if (this.#chance(0.5)) list.reverse()
      else list.splice(this.#below(list.length), 1)
    }
  }

  #changeObject(object: Attributes, key: string): void {
    const name = object['name']
    if (typeof name === 'string' && this.#chance(0.4)) {
      object['name'] = this.#chance(0.5) ? `${name}_old` : 'g'
      if (this.#chance(0.5)) object['aliases'] = [name]
    } else if (typeof object['size'] === 'number') object['size'] = 8
    else if (object['type'] === 'enum' && this.#chance(0.5)) delete object['default']
    else if (object['fields'] === undefined && name !== undefined && this.#chance(0.5)) delete object['default']
    else if (key === 'type' && object['type'] === 'array') object['type'] = 'map'
  }

  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }

  #chance(part: number): boolean {
    return this.#random() < part
  }

  #of<T>(list: readonly T[]): T {
    const one = list[this.#below(list.length)]
    if (one === undefined) throw new Error('there is nothing to choose from')
    return one
  }
}

function isAttributes(value: Value | undefined): value is Attributes {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function branchOf(type: Value, space: string): string {
  if (typeof type === 'string') return primitives.includes(type) || type.includes('.') ? type : `.${type}`
  if (!isAttributes(type)) return 'union'
  return type['name'] === undefined ? String(type['type']) : `${type['namespace'] ?? space}.${type['name']}`
}

interface Place {
  readonly holder: Value[] | Attributes
  readonly key: string
  readonly value: Value
}

function placesOf(holder: Value[] | Attributes): Place[] {
  return Object.entries(holder).flatMap(([key, value]) => [
    { holder, key, value },
    ...(typeof value === 'object' && value !== null ? placesOf(value) : []),
  ])
}

function isChangeable({ holder, key, value }: Place): boolean {
  if (typeof value === 'object' && value !== null) return key !== 'x' && key !== 'default' && key !== 'aliases'
  if (typeof value !== 'string' || !primitives.includes(value)) return false
  return Array.isArray(holder) || key === 'root' || key === 'type' || key === 'items' || key === 'values'
}

function set(holder: Value[] | Attributes, key: string, value: Value): void {
  if (Array.isArray(holder)) holder[Number(key)] = value
  else holder[key] = value
}
