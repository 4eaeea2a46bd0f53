/** What is written as UTF-8. */
import { present, type Serde } from './serde.ts'

const loneSurrogate = /\p{Surrogate}/gu

/**
 * UTF-8, with what Java's `StringSerializer` and `StringDeserializer` do to what is no text: half of a surrogate pair is written as
 * `?`, and bytes that are no UTF-8 are read as U+FFFD. Text must be refused by who knows what it should be.
 */
export const string: Serde<string> = {
  serialize(value) {
    if (typeof value !== 'string') throw new TypeError(`string: ${typeof value} is no string`)
    return Buffer.from(value.isWellFormed() ? value : value.replaceAll(loneSurrogate, '?'))
  },
  deserialize(given) {
    const bytes = present(given, 'string')
    return bytes.utf8Slice(0, bytes.length)
  },
}

const uuidForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const uuidSize = 36

/**
 * As Java's `UUIDSerializer`: the 36 characters of its text. Small letters, whatever was given: a key of other letters would be another
 * key. Of what Java reads besides (`1-1-1-1-1`), nothing is read: no serializer writes it.
 */
export const uuid: Serde<string> = {
  serialize: (value) => Buffer.from(checkedUuid(value)),
  deserialize(given) {
    const bytes = present(given, 'uuid')
    if (bytes.length !== uuidSize) throw new RangeError(`uuid: ${bytes.length} bytes instead of ${uuidSize}`)
    return checkedUuid(bytes.latin1Slice(0, uuidSize))
  },
}

function checkedUuid(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`uuid: ${typeof value} is no string`)
  if (!uuidForm.test(value)) throw new RangeError(`uuid: '${value.slice(0, 2 * uuidSize)}' is none`)
  return value.toLowerCase()
}
