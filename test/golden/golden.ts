/** The golden files beside this one: facts read out of Apache Kafka 4.3.1, compressed. */
import { readFileSync } from 'node:fs'
import { zstdDecompressSync } from 'node:zlib'

export const goldenText = (name: string): string =>
  zstdDecompressSync(readFileSync(new URL(`./${name}.zst`, import.meta.url))).toString('utf8')

/** JSON with every integer of more than 53 bits as a bigint. */
export function parseExact(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) => {
    const source = context?.source
    if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined) return value
    return /^-?\d+$/.test(source) ? BigInt(source) : value
  })
}

export const goldenLines = (name: string): unknown[] => goldenText(name).trimEnd().split('\n').map(parseExact)

export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new TypeError('not an object')
  return { ...value }
}

export function asArray(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError('not an array')
  return value
}
