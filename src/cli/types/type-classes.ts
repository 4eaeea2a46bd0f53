/** Types that several schemas have are declared once, and each gets a name that no other one has. */
import type { UsedNames } from './names.ts'
import { type Declared, partsOf, type Shape } from './shape.ts'
import { inlineText } from './shape-text.ts'

/** All that is declared in the shapes, in the order in which it is met. */
export function declaredIn(roots: readonly Shape[]): readonly Declared[] {
  const found = new Set<Declared>()
  const open = roots.toReversed()
  for (let shape = open.pop(); shape !== undefined; shape = open.pop()) {
    if (shape.kind === 'named' && !found.has(shape.to)) {
      found.add(shape.to)
      open.push(shape.to.shape)
    }
    open.push(...partsOf(shape).toReversed())
  }
  return [...found]
}

/**
 * Of each the first one that is the same: of the same identity, with the same in it. What has itself in it is the same as another one as
 * long as nothing tells them apart.
 */
export function firstOfSame(all: readonly Declared[]): ReadonlyMap<Declared, Declared> {
  let first = grouped(all, (it) => it.identity)
  for (let count = 0; count < new Set(first.values()).size; ) {
    const before = first
    count = new Set(before.values()).size
    const numbers = new Map([...new Set(before.values())].map((it, i) => [it, String(i)]))
    const nameOf = (it: Declared): string => numbers.get(before.get(it) ?? it) ?? ''
    first = grouped(all, (it) => `${nameOf(it)} ${inlineText(it.shape, nameOf, false)}`)
  }
  return first
}

function grouped(all: readonly Declared[], keyOf: (declared: Declared) => string): Map<Declared, Declared> {
  const byKey = new Map<string, Declared>()
  return new Map(
    all.map((it) => {
      const key = keyOf(it)
      const first = byKey.get(key) ?? it
      byKey.set(key, first)
      return [it, first]
    }),
  )
}

/** The best name that no other one would like to have; those that have one already keep it. */
export function giveNames(
  all: readonly Declared[],
  given: ReadonlyMap<Declared, string>,
  used: UsedNames,
): Map<Declared, string> {
  const wanted = new Map<string, number>()
  for (const { names } of all) {
    for (const name of new Set(names)) wanted.set(name, (wanted.get(name) ?? 0) + 1)
  }
  const made = new Map(given)
  for (const declared of all) {
    if (made.has(declared)) continue
    const alone = declared.names.filter((it) => wanted.get(it) === 1)
    made.set(declared, used.take(alone.length === 0 ? declared.names : alone))
  }
  return made
}
