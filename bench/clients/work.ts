/** What each client does when it is measured: the same work, counted the same way, with CPU of its own process. */
import { hrtime } from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import type { BenchClient, Codec, Place } from './client.ts'

export interface Job extends Place {
  readonly mode: 'produce' | 'fill' | 'consume' | 'latency'
  readonly codec: Codec
  readonly recordBytes: number
  /** Of `fill` and `consume`. */
  readonly records: number
  /** Of `produce` and `latency`, behind the warm-up. */
  readonly seconds: number
  readonly warmupSeconds: number
}

export type Done = Readonly<Record<string, number>>

/** What an application has at hand and sends by one call. */
const callBytes = 100_000
/** Calls that are not answered. */
const callsInFlight = 5
const poolSize = 4096
/** Of the values that a latency is measured by: the time at which it was due. */
const stampBytes = 8
const recordsPerSecond = 1000
/** For a reader to join its group. */
const settleMs = 5000

/** Lines as applications write them: no two the same, and most of each the same. */
function valuesOf(recordBytes: number): readonly Buffer[] {
  return Array.from({ length: poolSize }, (_, i) => {
    const number = (i * 2_654_435_761) % 2 ** 32
    const line = `{"id":${number},"user":"user-${number % 9973}","action":"${['view', 'buy', 'leave'][i % 3]}","price":${number % 100_003}}`
    return Buffer.from(line.repeat(Math.ceil(recordBytes / line.length)).slice(0, recordBytes))
  })
}

class Meter {
  readonly #startedNs = hrtime.bigint()
  readonly #cpu = process.cpuUsage()

  /** Per second, and microseconds of CPU of each. */
  rates(records: number): { readonly recordsPerSecond: number; readonly cpuUsPerRecord: number } {
    const seconds = Number(hrtime.bigint() - this.#startedNs) / 1e9
    const { user, system } = process.cpuUsage(this.#cpu)
    return { recordsPerSecond: records / seconds, cpuUsPerRecord: (user + system) / records }
  }
}

/** Calls of many records, some at a time, until it is told to end. */
async function send(client: BenchClient, job: Job, sent: (records: number) => boolean): Promise<void> {
  const producer = await client.producer({ ...job, isPrompt: false })
  const pool = valuesOf(job.recordBytes)
  const each = Math.max(1, Math.floor(callBytes / job.recordBytes))
  let at = 0
  const one = async (): Promise<void> => {
    for (let goesOn = true; goesOn; ) {
      const from = at
      at = (at + each) % (poolSize - each)
      await producer.send(pool.slice(from, from + each))
      goesOn = sent(each)
    }
  }
  await Promise.all(Array.from({ length: callsInFlight }, one))
  await producer.close()
}

async function produce(client: BenchClient, job: Job): Promise<Done> {
  const warmNs = hrtime.bigint() + BigInt(Math.round(job.warmupSeconds * 1e9))
  const endNs = warmNs + BigInt(Math.round(job.seconds * 1e9))
  let acknowledged = 0
  let counted = 0
  let meter: Meter | undefined
  let rates: Done | undefined
  await send(client, job, (records) => {
    acknowledged += records
    const nowNs = hrtime.bigint()
    if (meter !== undefined) counted += records
    else if (nowNs >= warmNs) meter = new Meter()
    if (nowNs < endNs) return true
    rates ??= meter?.rates(counted)
    return false
  })
  return { ...rates, records: acknowledged }
}

async function fill(client: BenchClient, job: Job): Promise<Done> {
  let acknowledged = 0
  await send(client, job, (records) => {
    acknowledged += records
    return acknowledged < job.records
  })
  return { records: acknowledged }
}

/**
 * From when it is told to read: whoever decodes an answer as a whole has done a good part of all work when the first record comes, the
 * more so the better the records are compressed.
 */
async function consume(client: BenchClient, job: Job): Promise<Done> {
  const { promise: isDone, resolve } = Promise.withResolvers<Done>()
  const meter = new Meter()
  let records = 0
  let bytes = 0
  const reader = await client.read({
    ...job,
    take(value) {
      bytes += value?.length ?? 0
      if (++records === job.records) resolve({ ...meter.rates(records), records, bytes })
    },
  })
  const done = await isDone
  await reader.close()
  return done
}

/** Of one record each millisecond, from when it was due until it is handed out, in the process that has sent it. */
async function latency(client: BenchClient, job: Job): Promise<Done> {
  const latenciesMs: number[] = []
  const warmup = job.warmupSeconds * recordsPerSecond
  const count = warmup + job.seconds * recordsPerSecond
  let received = 0
  const { promise: isDone, resolve } = Promise.withResolvers<void>()
  const reader = await client.read({
    ...job,
    take(value) {
      const nowNs = hrtime.bigint()
      if (value === null) return
      if (received++ >= warmup) latenciesMs.push(Number(nowNs - Buffer.from(value).readBigInt64BE(0)) / 1e6)
      if (received === count) resolve()
    },
  })
  const producer = await client.producer({ ...job, isPrompt: true })
  await delay(settleMs)
  const startNs = hrtime.bigint()
  const sending: Promise<unknown>[] = []
  for (let sent = 0; sent < count; ) {
    const dueNs = startNs + BigInt(sent) * 1_000_000n
    if (hrtime.bigint() < dueNs) {
      await delay(1)
      continue
    }
    const value = Buffer.alloc(Math.max(job.recordBytes, stampBytes))
    value.writeBigInt64BE(dueNs)
    sending.push(producer.send([value]))
    sent++
  }
  await Promise.all(sending)
  await isDone
  await producer.close()
  await reader.close()
  const sorted = latenciesMs.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { p50Ms: at(0.5), p99Ms: at(0.99), records: received }
}

export const modes = { produce, fill, consume, latency } as const
