/**
 * Records that compress as real ones do: lines of a thousand characters of JSON, with names that recur in all of them, values drawn
 * from few, numbers that grow, and identifiers that nothing can compress. The same at each call.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cache } from './paths.ts'

export const payloadBytes = 1000
const lines = 10_000
const events = ['page_view', 'add_to_cart', 'checkout', 'search', 'login', 'logout', 'error', 'refund']
const agents = [
  'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 15_1) Safari/605.1',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/141.0',
  'okhttp/5.1.0',
]
const countries = ['DE', 'FR', 'US', 'JP', 'BR', 'IN', 'GB', 'SE', 'PL', 'KE']
const words = [
  'order delayed customer payment warehouse shipped retry timeout address invoice coupon basket item price stock',
  'region session device token refreshed declined accepted manual review queue partner carrier label printed packed',
].flatMap((text) => text.split(' '))

/** Numbers below 2 ** 32 in an order that is always the same: xorshift. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

function lineOf(index: number, next: () => number): string {
  const pick = (values: readonly string[]): string => values[next() % values.length] ?? ''
  const hex = (count: number): string =>
    Array.from({ length: count }, () => next().toString(16).padStart(8, '0')).join('')
  const event = {
    id: hex(4),
    time: 1_764_000_000_000 + index * 37 + (next() % 30),
    type: pick(events),
    session: hex(4),
    user: { id: next() % 1_000_000, country: pick(countries), agent: pick(agents) },
    amount: (next() % 100_000) / 100,
    items: Array.from({ length: next() % 4 }, () => ({ sku: `SKU-${next() % 50_000}`, count: 1 + (next() % 3) })),
    trace: hex(2),
    message: '',
  }
  const room = payloadBytes - JSON.stringify(event).length
  let message = ''
  while (message.length < room) message += `${pick(words)} `
  return JSON.stringify({ ...event, message: message.slice(0, room) })
}

/** Returns the path of a file with one record a line. */
export function writePayload(): string {
  const next = numbers(2_463_534_242)
  const folder = join(cache, 'bench')
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'payload.jsonl')
  writeFileSync(path, `${Array.from({ length: lines }, (_, i) => lineOf(i, next)).join('\n')}\n`)
  return path
}
