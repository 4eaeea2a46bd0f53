/** Which paths are served, and by which methods: who asks for one by another method is told so, with 405. */

/** As `/subjects/:subject`. */
interface Served {
  readonly segments: readonly string[]
  readonly methods: Set<string>
}

export class ServedPaths {
  readonly #served = new Map<string, Served>()

  add(pattern: string, method: string | readonly string[]): void {
    const served = this.#served.get(pattern) ?? { segments: segmentsOf(pattern), methods: new Set() }
    for (const each of [method].flat()) served.methods.add(each)
    this.#served.set(pattern, served)
  }

  /** By which this path, without its query, is served; empty: by none. */
  methodsOf(path: string): readonly string[] {
    const segments = segmentsOf(path)
    const methods = [...this.#served.values()].filter((it) => matches(it.segments, segments)).map((it) => it.methods)
    return [...new Set(methods.flatMap((it) => [...it]))].sort()
  }
}

/** A slash at the end counts for nothing. */
const segmentsOf = (path: string): readonly string[] => path.replace(/\/$/, '').split('/')

const matches = (pattern: readonly string[], segments: readonly string[]): boolean =>
  pattern.length === segments.length &&
  pattern.every((it, i) => it === segments[i] || (it.startsWith(':') && segments[i] !== ''))
