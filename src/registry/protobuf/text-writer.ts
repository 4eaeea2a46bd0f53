import { InvalidSchemaError } from '../formats/format.ts'

/**
 * A short text may ask for a long one: names are written in full, and lines are indented by how deep they are. No schema that is
 * meant comes near.
 */
const MAX_LENGTH = 8 * 1024 * 1024

/** Lines with two blanks for each level, also where nothing else stands on them. */
export class TextWriter {
  readonly #parts: string[] = []
  #length = 0
  #depth = 0
  #isAtLineStart = true

  text(text: string): void {
    if (this.#isAtLineStart) this.#add('  '.repeat(this.#depth))
    this.#isAtLineStart = false
    this.#add(text)
  }

  /** Ends the line. */
  line(text = ''): void {
    this.text(text)
    this.#add('\n')
    this.#isAtLineStart = true
  }

  indented(write: () => void): void {
    this.#depth++
    write()
    this.#depth--
  }

  toString(): string {
    return this.#parts.join('')
  }

  #add(text: string): void {
    this.#length += text.length
    if (this.#length > MAX_LENGTH) {
      throw new InvalidSchemaError(`the schema, written out, is longer than ${MAX_LENGTH} characters`)
    }
    this.#parts.push(text)
  }
}
