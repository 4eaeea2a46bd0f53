/** Which versions of subjects refer to which: an order in which each comes behind those that it refers to, and what is needed for some of them. */
import type { SchemaReference } from '../../registry/index.ts'

export interface Referring {
  readonly subject: string
  readonly version: number
  readonly id: number
  readonly references: readonly SchemaReference[]
}

/** `:.context:` of a subject that lies in one; empty for the default context. */
export const contextOf = (subject: string): string => /^:\.[^:]*:/.exec(subject)?.[0] ?? ''

type Place = Pick<Referring, 'subject' | 'version'>

export const placeText = ({ subject, version }: Place): string => `${version} ${subject}`

/** A reference lies in the context of who refers, unless it says another one. */
function targetText(parent: string, { subject, version }: SchemaReference): string {
  const name = subject.startsWith(':.') ? subject.replace(/^:\.:/, '') : contextOf(parent) + subject
  return placeText({ subject: name, version })
}

/** `wanted`, and all of `all` that they refer to, in the order of `all`. */
export function withReferences<T extends Referring>(all: readonly T[], wanted: Iterable<T>): T[] {
  const byPlace = new Map(all.map((it) => [placeText(it), it]))
  // What is found is appended, and looked at in its turn.
  const found = new Set(wanted)
  for (const it of found) {
    for (const reference of it.references) {
      const target = byPlace.get(targetText(it.subject, reference))
      if (target !== undefined) found.add(target)
    }
  }
  return all.filter((it) => found.has(it))
}

/** By ids but for that. What refers to itself, by whatever way, comes last. */
export function inOrderOfReferences<T extends Referring>(all: readonly T[]): T[] {
  const sorted = all.toSorted((a, b) => a.id - b.id || a.version - b.version)
  const places = new Set(sorted.map(placeText))
  const waitsFor = new Map<T, number>()
  const waiting = new Map<string, T[]>()
  for (const it of sorted) {
    const targets = new Set(it.references.map((reference) => targetText(it.subject, reference)))
    const known = [...targets].filter((target) => places.has(target))
    waitsFor.set(it, known.length)
    for (const target of known) waiting.set(target, [...(waiting.get(target) ?? []), it])
  }
  // What waits for nothing more is appended, and looked at in its turn.
  const ordered = new Set(sorted.filter((it) => waitsFor.get(it) === 0))
  for (const it of ordered) {
    for (const referrer of waiting.get(placeText(it)) ?? []) {
      const left = (waitsFor.get(referrer) ?? 0) - 1
      waitsFor.set(referrer, left)
      if (left === 0) ordered.add(referrer)
    }
  }
  return [...ordered, ...sorted.filter((it) => !ordered.has(it))]
}
