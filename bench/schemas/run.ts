/** One library and one format, in a process of its own: both as arguments; prints what records cost there as JSON. */
import assert from 'node:assert/strict'
import { hrtime } from 'node:process'
import type { Library, OrderSerde, SerdePlace } from './library.ts'
import { orders } from './samples.ts'

export interface Job extends SerdePlace {
  /** Of encoding, and again of decoding, behind a warm-up of the same length. */
  readonly seconds: number
}

/** Different values, that are encoded in turns. */
const poolSize = 500

const libraries = {
  odradek: () => import('./odradek.ts'),
  kafkajs: () => import('./kafkajs.ts'),
  confluent: () => import('./confluent.ts'),
} as const satisfies Readonly<Record<string, () => Promise<{ readonly library: Library }>>>

const isName = (name: string): name is keyof typeof libraries => name in libraries

interface Cost {
  readonly perSecond: number
  readonly cpuUs: number
}

/** What does not come at once is waited for, one after the other, which costs least. */
async function cost<T>(of: readonly T[], work: (of: T) => unknown, seconds: number): Promise<Cost> {
  const run = async (endNs: bigint): Promise<number> => {
    let count = 0
    while (hrtime.bigint() < endNs) {
      for (const one of of) {
        const made = work(one)
        if (made instanceof Promise) await made
      }
      count += of.length
    }
    return count
  }
  const lengthNs = BigInt(Math.round(seconds * 1e9))
  await run(hrtime.bigint() + lengthNs)
  const beganNs = hrtime.bigint()
  const before = process.cpuUsage()
  const count = await run(beganNs + lengthNs)
  const { user, system } = process.cpuUsage(before)
  return { perSecond: (count * 1e9) / Number(hrtime.bigint() - beganNs), cpuUs: (user + system) / count }
}

const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, it: unknown) => (typeof it === 'bigint' ? Number(it) : it)))

/** Throws where it did not come back as it was. */
async function checked(serde: OrderSerde, format: Job['format']): Promise<readonly Buffer[]> {
  const encoded: Buffer[] = []
  for (const order of orders(poolSize)) {
    const bytes = Buffer.from(await serde.encode(serde.valueOf(order)))
    const told: { readonly address?: unknown } = Object(plain(await serde.decode(bytes)))
    // Of Protobuf each library has values of its own: names or numbers of an enum, longs as numbers, bigints or objects.
    if (format === 'protobuf') assert.equal(Object(told.address).street, order.address.street)
    else assert.deepEqual(told, plain(order))
    encoded.push(bytes)
  }
  return encoded
}

const [name = '', text = ''] = process.argv.slice(2)
if (!isName(name)) throw new Error(`there is no library '${name}'`)
const job: Job = JSON.parse(text)
const { library } = await libraries[name]()
const serde = await library.serde(job)
const encoded = await checked(serde, job.format)
const values = orders(poolSize).map((order) => serde.valueOf(order))
const encode = await cost(values, (value) => serde.encode(value), job.seconds)
const decode = await cost(encoded, (bytes) => serde.decode(bytes), job.seconds)
const bytes = encoded.reduce((sum, it) => sum + it.length, 0) / poolSize
const done = {
  ...{ encodePerSecond: encode.perSecond, encodeCpuUs: encode.cpuUs },
  ...{ decodePerSecond: decode.perSecond, decodeCpuUs: decode.cpuUs, bytes },
}
process.stdout.write(`${JSON.stringify(done)}\n`)
process.exit(0)
