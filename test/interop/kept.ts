/** What must be true of a topic after all that has happened to its broker. */
import assert from 'node:assert/strict'
import { kcat } from './kcat.ts'
import { until } from './kit.ts'
import type { Load } from './load.ts'

/** Of the topics that loads write to: KafkaJS chooses among so many. */
export const partitions = 3
/** So many seconds' worth: each is under way when the broker ends. */
const progressSeconds = 0.5

/** Until each of them was acknowledged more than it is now. */
export async function untilProgress(loads: readonly Load[]): Promise<void> {
  const wanted = loads.map((load) => ({ load, count: load.count + load.options.rate * progressSeconds }))
  await until({
    what: `${progressSeconds} s' worth of records acknowledged to each`,
    timeoutMs: 60_000,
    condition: () => wanted.every(({ load, count }) => load.count >= count),
    seen: () => loads.join('\n'),
  })
}

/** Each partition's values in order of offsets, which have no gap. */
export async function readAll(topic: string, count: number = partitions): Promise<string[][]> {
  const all: string[][] = []
  for (let partition = 0; partition < count; partition++) {
    const args = ['-C', '-t', topic, '-p', `${partition}`, '-o', 'beginning', '-e', '-q', '-f', '%o %s\n']
    const lines = (await kcat(args)).split('\n').slice(0, -1)
    all.push(
      lines.map((line, i) => {
        const [offset, value] = line.split(' ')
        assert.equal(offset, `${i}`, `offsets of partition ${partition}`)
        return value ?? ''
      }),
    )
  }
  return all
}

type Read = readonly (readonly string[])[]

/** What was acknowledged is at its offset. */
export function assertKept(loads: readonly Load[], read: Read): void {
  for (const load of loads) {
    for (const [place, value] of load.acknowledged) {
      const [partition, offset] = place.split(':').map(Number)
      assert.equal(read[partition ?? -1]?.[offset ?? -1], value, `${load.name}, ${place}`)
    }
  }
}

/** What an idempotent producer sent, alone on its topic, is there once, and in order in each partition. */
export function assertOnce(load: Load, read: Read): void {
  assertKept([load], read)
  const numbers = read.map((values) => values.map((value) => Number(value.slice(load.options.prefix.length))))
  for (const inPartition of numbers) {
    const sorted = inPartition.toSorted((a, b) => a - b)
    assert.deepEqual(inPartition, sorted, `order of ${load.name}`)
  }
  const all = numbers.flat().sort((a, b) => a - b)
  assert.deepEqual(
    all,
    Array.from({ length: load.count }, (_, i) => i),
    `numbers of ${load.name}`,
  )
}
