/** Records, arrays and maps of Avro as JSON. */
import { type Shape, unexpected } from './avro-shape.ts'
import { isList, isObject } from './json.ts'
import type { Place } from './place.ts'

export function arrayShape(items: Shape): Shape {
  return {
    name: 'array',
    kind: 'list',
    looks: isList,
    toJson: (value) => (isList(value) ? value.map(items.toJson) : unexpected(value, 'array')),
    ofJson(json, place) {
      if (!isList(json)) return place.misfit(json, 'array')
      return json.map((item, index) => items.ofJson(item, place.within(index)))
    },
  }
}

export function mapShape(values: Shape): Shape {
  return {
    name: 'map',
    kind: 'object',
    looks: isObject,
    toJson: (value) => (isObject(value) ? mapped(value, (item) => values.toJson(item)) : unexpected(value, 'map')),
    ofJson(json, place) {
      if (!isObject(json)) return place.misfit(json, 'map')
      return mapped(json, (item, key) => values.ofJson(item, place.within(key)))
    },
  }
}

/** fromEntries defines the keys, so that '__proto__' is one as any other. */
const mapped = (object: object, make: (item: unknown, key: string) => unknown): object =>
  Object.fromEntries(Object.entries(object).map(([key, item]) => [key, make(item, key)]))

export interface Field {
  readonly name: string
  readonly shape: Shape
  readonly hasDefault: boolean
}

/** Its fields come when it is known by its name: they may be of it. */
export class RecordShape implements Shape {
  readonly name: string
  readonly kind = 'object'
  readonly looks = isObject
  readonly #fields = new Map<string, Field>()

  constructor(name: string) {
    this.name = name
  }

  add(field: Field): void {
    this.#fields.set(field.name, field)
  }

  toJson = (value: unknown): unknown => {
    if (!isObject(value)) return unexpected(value, this.name)
    return Object.fromEntries([...this.#fields.values()].map(({ name, shape }) => [name, shape.toJson(value[name])]))
  }

  /** What has a default and is not there is left to the serde, which has the defaults. */
  ofJson = (json: unknown, place: Place): unknown => {
    if (!isObject(json)) place.misfit(json, `record ${this.name}`)
    const foreign = Object.keys(json).find((name) => !this.#fields.has(name))
    if (foreign !== undefined) place.within(foreign).refuse(`record ${this.name} has no such field`)
    const made: [string, unknown][] = []
    for (const { name, shape, hasDefault } of this.#fields.values()) {
      if (Object.hasOwn(json, name)) made.push([name, shape.ofJson(json[name], place.within(name))])
      else if (!hasDefault) place.within(name).refuse(`it is missing, and has no default in record ${this.name}`)
    }
    return Object.fromEntries(made)
  }
}
