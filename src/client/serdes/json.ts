/** JSON as UTF-8 (RFC 8259). */
import { checkNames } from '../connection-options.ts'
import { present, type Serde } from './serde.ts'

export interface JsonOptions<T> {
  /**
   * Given what was read, gives what is handed out, or throws: `parse` of a schema library fits. Without it the type is a promise of
   * those who write. What is written is not looked at: its type says what it is.
   */
  readonly check?: (value: unknown) => T
}

/** Bytes that are no UTF-8 are refused: what would be read instead is not what was written. */
const decoder = new TextDecoder('utf-8', { fatal: true })

/** `null` of JSON is a value of four bytes, and not the null that a compacted topic deletes by: that is `orNull(json(...))`. */
export function json<T>(options: JsonOptions<T> = {}): Serde<T> {
  checkNames(options, { check: undefined })
  const { check } = options
  return {
    serialize(value) {
      const text: string | undefined = JSON.stringify(value)
      if (text === undefined) throw new TypeError(`json: there is no JSON for ${typeof value}`)
      return Buffer.from(text)
    },
    deserialize(given) {
      const text = decoder.decode(present(given, 'json'))
      return check === undefined ? JSON.parse(text) : check(JSON.parse(text))
    },
  }
}
