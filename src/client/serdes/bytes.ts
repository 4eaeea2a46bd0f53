/** Bytes as they are. */
import { present, type Serde } from './serde.ts'

/** Nothing is copied: what is sent must stay as it is until it is acknowledged; what is read is a view of what was fetched. */
export const bytes: Serde<Uint8Array> = {
  serialize(value) {
    if (!(value instanceof Uint8Array)) throw new TypeError(`bytes: ${typeof value} is no Uint8Array`)
    return value
  },
  deserialize: (given) => present(given, 'bytes'),
}
