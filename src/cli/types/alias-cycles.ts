/**
 * Types that are nothing but themselves: the compiler refuses them. Where one is met the name that closes the circle is `unknown`, as nothing
 * can be said of it.
 */
import { type Declared, type Shape, unknown } from './shape.ts'

/** Whether the compiler looks at once at what is in it. */
const isDeferred = (shape: Shape, isLookedInto: boolean): boolean =>
  shape.kind === 'object' ||
  shape.kind === 'index' ||
  (!isLookedInto && (shape.kind === 'list' || shape.kind === 'tuple'))

/** So many names may stand for each other in a row. */
const chainMax = 200

/** Takes away what would not end, in all of them. */
export function breakCycles(all: readonly Declared[]): void {
  /** By whether a type that has conditions looks into them. */
  const done = { true: new Set<Declared>(), false: new Set<Declared>() }
  const begun = new Set<Declared>()
  const settled = (shape: Shape, isLookedInto: boolean): Shape => {
    if (shape.kind === 'named') {
      if (begun.has(shape.to) || begun.size > chainMax) return unknown
      visit(shape.to, isLookedInto)
      return shape
    }
    if (isDeferred(shape, isLookedInto)) return shape
    return withParts(shape, (it) => settled(it, isLookedInto || shape.kind === 'helped'))
  }
  const visit = (declared: Declared, isLookedInto: boolean): void => {
    const before = done[`${isLookedInto}`]
    if (before.has(declared)) return
    begun.add(declared)
    declared.shape = settled(declared.shape, isLookedInto)
    begun.delete(declared)
    before.add(declared)
  }
  for (const declared of all) visit(declared, false)
}

function withParts(shape: Shape, changed: (part: Shape) => Shape): Shape {
  switch (shape.kind) {
    case 'list':
      return { ...shape, items: changed(shape.items) }
    case 'tuple': {
      const items = shape.items.map((it) => ({ ...it, shape: changed(it.shape) }))
      return { ...shape, items, rest: shape.rest && changed(shape.rest) }
    }
    case 'union':
    case 'intersection':
      return { ...shape, parts: shape.parts.map(changed) }
    case 'helped':
      return { ...shape, of: changed(shape.of) }
    default:
      return shape
  }
}
