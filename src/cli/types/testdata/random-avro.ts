/** Schemas of Avro by chance, as a registry would take them. */
import fc from 'fast-check'

interface Made {
  /** Full names of what is defined already, or around it. */
  readonly known: string[]
  count: number
}

type Draw = (made: Made, space: string, depth: number) => unknown

const primitives = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']
const spaces = ['', 'a', 'a.b', 'shop']

/** Always a type with attributes, or a union. */
export const avroSchema: fc.Arbitrary<unknown> = fc.infiniteStream(fc.nat({ max: 1 << 20 })).map((stream) => {
  const draw = (below: number): number => Number(stream.next().value) % below
  const pick = <T>(from: readonly T[]): T | undefined => from[draw(from.length)]
  const head = (made: Made, space: string): { name: string; namespace?: string; within: string } => {
    const name = `${pick(['Order', 'Point', 'order_line', 'X'])}${made.count++ % 3 === 0 ? '' : made.count}`
    const given = pick(spaces) ?? ''
    const kind = draw(3)
    const full = kind === 0 ? name : `${given}.${name}`.replace(/^\./, '')
    const within = kind === 0 || (kind === 1 && given === '') ? space : given
    const whole = kind === 0 ? `${space}.${name}`.replace(/^\./, '') : kind === 1 && given === '' ? `${space}.${name}`.replace(/^\./, '') : full
    if (made.known.includes(whole)) return head(made, space)
    made.known.push(whole)
    if (kind === 2) return { name, namespace: given, within }
    return { name: kind === 1 ? full : name, within }
  }
  const record: Draw = (made, space, depth) => {
    const { within, ...named } = head(made, space)
    const fields = Array.from({ length: draw(5) }, (_, i) => ({
      name: `${pick(['f', 'class', '_', 'Value'])}${i}`,
      type: type(made, within, depth + 1),
      ...(draw(3) === 0 && { doc: pick(['A field.', 'Two\nlines', '*/ x']) }),
    }))
    return { type: 'record', ...named, fields }
  }
  const complex: readonly Draw[] = [
    record,
    record,
    (made, space, depth) => ({ type: 'array', items: type(made, space, depth + 1) }),
    (made, space, depth) => ({ type: 'map', values: type(made, space, depth + 1) }),
    (made, space) => {
      const { within: _, ...named } = head(made, space)
      return { type: 'enum', ...named, symbols: ['A', 'B', 'C'].slice(0, 1 + draw(3)) }
    },
    (made, space) => {
      const { within: _, ...named } = head(made, space)
      return { type: 'fixed', ...named, size: 4 }
    },
    (made, space, depth) => union(made, space, depth),
  ]
  const union = (made: Made, space: string, depth: number): unknown => {
    const seen = new Set<string>()
    return Array.from({ length: 1 + draw(4) }, () => branch(made, space, depth)).filter((it) => {
      const key = typeof it === 'string' ? it : JSON.stringify(it)
      return !seen.has(key) && seen.add(key)
    })
  }
  /** No union. */
  const branch = (made: Made, space: string, depth: number): unknown => {
    const found = type(made, space, depth + 1)
    return Array.isArray(found) ? 'null' : found
  }
  const type: Draw = (made, space, depth) => {
    const kind = draw(depth > 4 ? 2 : 4)
    if (kind === 0) return pick(primitives)
    if (kind === 1) {
      const name = pick(made.known)
      return name === undefined ? { type: pick(primitives), logicalType: 'x' } : name.includes('.') ? name : `.${name}`
    }
    return pick(complex)?.(made, space, depth)
  }
  const made: Made = { known: [], count: 0 }
  return draw(4) === 0 ? pick(complex)?.(made, '', 0) : record(made, '', 0)
})
