/** Bytes as they are. */
import { present, type Serde } from './serde.ts'

/** What is sent is the caller's again when `send` returns, as text is; what is read is a view of what was fetched. */
export const bytes: Serde<Uint8Array> = {
  serialize(value) {
    if (!(value instanceof Uint8Array)) throw new TypeError(`bytes: ${typeof value} is no Uint8Array`)
    return value
  },
  deserialize: (given) => present(given, 'bytes'),
}
