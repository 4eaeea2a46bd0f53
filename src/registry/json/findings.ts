/** Differences that were found in one pair of schemas, their paths counted from there. */
import { type Difference, isCompatible, joinPath } from './difference.ts'

/**
 * So many of either sort are kept, of each pair. Where references make a tree out of few definitions there can be more than atoms in
 * the world.
 */
const findingsMax = 100
/** Of a path, in characters: beyond, it is cut at the end, so that names of a megabyte do not add up. */
const pathLengthMax = 10_000

export class Findings {
  /** False where nobody looked further after the first that is incompatible. */
  isWhole = true
  readonly #differences: Difference[] = []
  #compatible = 0

  get isCompatible(): boolean {
    return this.#compatible === this.#differences.length
  }

  get all(): readonly Difference[] {
    return this.#differences
  }

  add(type: string, path = ''): void {
    const difference = { type, path: path.length > pathLengthMax ? path.slice(0, pathLengthMax) : path }
    const isFine = isCompatible(difference)
    const count = isFine ? this.#compatible : this.#differences.length - this.#compatible
    if (count >= findingsMax) return
    if (isFine) this.#compatible++
    this.#differences.push(difference)
  }

  /** Those of a pair that is inside of this one. */
  addAll(inner: Findings, path = ''): void {
    for (const difference of inner.all) this.add(difference.type, joinPath(path, difference.path))
  }
}
