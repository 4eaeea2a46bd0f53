/** Types of TypeScript, as they are held here until they are written. */

/** A type that gets a name of its own. Its shape comes later where it has itself in it. */
export interface Declared {
  /** What it would like to be called, the best first. */
  readonly names: readonly string[]
  /** Two that have the same, and look the same, are one. */
  readonly identity: string
  readonly doc: string | undefined
  shape: Shape
}

export interface Property {
  readonly name: string
  readonly shape: Shape
  readonly doc?: string | undefined
  /** It may be absent. */
  readonly isOptional?: boolean
}

export type Shape =
  /** As it is written. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'named'; readonly to: Declared }
  | { readonly kind: 'list'; readonly items: Shape }
  | {
      readonly kind: 'tuple'
      readonly items: readonly Pick<Property, 'shape' | 'isOptional'>[]
      readonly rest: Shape | undefined
    }
  /** Whatever the keys are. */
  | { readonly kind: 'index'; readonly values: Shape }
  | { readonly kind: 'object'; readonly properties: readonly Property[] }
  | { readonly kind: 'union'; readonly parts: readonly Shape[] }
  | { readonly kind: 'intersection'; readonly parts: readonly Shape[] }
  /** A type of `helpers` with one argument. */
  | { readonly kind: 'helped'; readonly helper: Helper; readonly of: Shape }

/** Types that stand once in a file that needs them. */
export const helpers = {
  Flat: `/** One object where there were several to be taken together. */
type Flat<T> = T extends readonly unknown[] ? T : T extends object ? { [Key in keyof T]: T[Key] } : T
`,
  OneOf: `/** One of the fields, or none of them. */
type OneOf<T> =
  | { [One in keyof T]: { [Key in One]: T[Key] } & { [Key in Exclude<keyof T, One>]?: never } }[keyof T]
  | { [Key in keyof T]?: never }
`,
} as const

export type Helper = keyof typeof helpers

export const text = (written: string): Shape => ({ kind: 'text', text: written })
export const unknown = text('unknown')
export const never = text('never')

const isText = (shape: Shape, written: string): boolean => shape.kind === 'text' && shape.text === written

/** Without what is there twice, or says nothing; null comes last. */
export function union(parts: readonly Shape[]): Shape {
  const all = parts.flatMap((it) => (it.kind === 'union' ? it.parts : [it])).filter((it) => !isText(it, 'never'))
  if (all.some((it) => isText(it, 'unknown'))) return unknown
  const seen = new Set<string | Declared>()
  const once = all.filter((it) => {
    if (it.kind !== 'text' && it.kind !== 'named') return true
    const key = it.kind === 'text' ? it.text : it.to
    return !seen.has(key) && seen.add(key)
  })
  const sorted = [...once.filter((it) => !isText(it, 'null')), ...once.filter((it) => isText(it, 'null'))]
  const [first = never, ...others] = sorted
  return others.length === 0 ? first : { kind: 'union', parts: sorted }
}

export function intersection(parts: readonly Shape[]): Shape {
  const all = parts.filter((it) => !isText(it, 'unknown'))
  if (all.some((it) => isText(it, 'never'))) return never
  const [first = unknown, ...others] = all
  return others.length === 0 ? first : { kind: 'intersection', parts: all }
}

/** What a shape has in it; of a type with a name nothing. */
export function partsOf(shape: Shape): readonly Shape[] {
  switch (shape.kind) {
    case 'text':
    case 'named':
      return []
    case 'list':
      return [shape.items]
    case 'tuple':
      return [...shape.items.map((it) => it.shape), ...(shape.rest === undefined ? [] : [shape.rest])]
    case 'index':
      return [shape.values]
    case 'object':
      return shape.properties.map((it) => it.shape)
    case 'helped':
      return [shape.of]
    default:
      return shape.parts
  }
}
