import type { Findings } from './findings.ts'
import type { SolidShape } from './shape.ts'

/** Findings by two shapes, which are the same only if they are the same object. */
export class PairMap {
  size = 0
  readonly #findings = new Map<SolidShape, Map<SolidShape, Findings>>()

  get(original: SolidShape, update: SolidShape): Findings | undefined {
    return this.#findings.get(original)?.get(update)
  }

  set(original: SolidShape, update: SolidShape, findings: Findings): void {
    const inner = this.#findings.get(original) ?? new Map<SolidShape, Findings>()
    if (!inner.has(update)) this.size++
    inner.set(update, findings)
    this.#findings.set(original, inner)
  }

  delete(original: SolidShape, update: SolidShape): void {
    if (this.#findings.get(original)?.delete(update) === true) this.size--
  }

  *[Symbol.iterator](): Generator<readonly [original: SolidShape, update: SolidShape, findings: Findings]> {
    for (const [original, inner] of this.#findings) {
      for (const [update, findings] of inner) yield [original, update, findings]
    }
  }
}
