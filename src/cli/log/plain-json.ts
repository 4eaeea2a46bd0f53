/** Messages as JSON: numbers of 64 bits as digits, bytes in base64, without what only the codec needs. */

/** In one line. */
export const asPlainJson = (value: unknown): string => JSON.stringify(plain(value))

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([name]) => name !== 'unknownTags')
  return Object.fromEntries(entries.map(([name, it]) => [name, plain(it)]))
}
