/** What is dear to make, kept by its key: those used last, up to a length in all. */
export class Remembered<T> {
  readonly #lengthMax: number
  /** Those used last come last. */
  readonly #kept = new Map<string, { readonly value: T; readonly length: number }>()
  #length = 0

  /** In units of the caller's. */
  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax
  }

  get(key: string): T | undefined {
    const known = this.#kept.get(key)
    if (known === undefined) return undefined
    this.#kept.delete(key)
    this.#kept.set(key, known)
    return known.value
  }

  set(key: string, value: T, length: number): void {
    this.#length += length - (this.#kept.get(key)?.length ?? 0)
    this.#kept.delete(key)
    this.#kept.set(key, { value, length })
    for (const [oldest, { length: itsLength }] of this.#kept) {
      if (this.#length <= this.#lengthMax) break
      this.#kept.delete(oldest)
      this.#length -= itsLength
    }
  }

  clear(): void {
    this.#kept.clear()
    this.#length = 0
  }
}
