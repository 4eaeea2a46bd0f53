/** What one side has told the other, field by field: what has not changed is not told again, until it may have been lost. Pure. */
export class TellingOnce {
  readonly #told = new Map<string, string>()
  /** On its way: nobody has said yet that it was heard. */
  readonly #telling = new Map<string, string>()

  /** The value, if it is to be told now; else null. */
  once<V>(field: string, value: V): V | null {
    const text = JSON.stringify(value)
    if (this.#told.get(field) === text) return null
    this.#telling.set(field, text)
    return value
  }

  /** What is on its way has arrived. */
  heard(): void {
    for (const [field, text] of this.#telling) this.#told.set(field, text)
    this.#telling.clear()
  }

  /** It is told again, also where it is on its way. */
  forget(field: string): void {
    this.#told.delete(field)
    this.#telling.delete(field)
  }

  /** Nobody knows what has arrived. */
  forgetAll(): void {
    this.#told.clear()
    this.#telling.clear()
  }
}
