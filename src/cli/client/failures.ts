/** Failures of single records: the first ones are told one by one, all are counted. */

const toldMax = 20

export class Failures {
  readonly #verb: string
  readonly #write: (line: string) => void
  #count = 0

  /** `verb` begins each line. */
  constructor(verb: string, write: (line: string) => void = (line) => void process.stderr.write(line)) {
    this.#verb = verb
    this.#write = write
  }

  get count(): number {
    return this.#count
  }

  /** `what` is what failed. */
  add(what: string, error: unknown): void {
    this.#count++
    if (this.#count > toldMax) return
    this.#line(`${what}: ${error instanceof Error ? error.message : String(error)}`)
    if (this.#count === toldMax) this.#line('those that fail from here on are counted, and told no more')
  }

  /** In the end, of how many in all; nothing where none has failed. */
  tell(total: number): void {
    if (this.#count > 0) this.#line(`${this.#count} of ${total} records failed`)
  }

  #line(text: string): void {
    this.#write(`odradek ${this.#verb}: ${text.replace(/\p{Cc}/gu, '?')}\n`)
  }
}
