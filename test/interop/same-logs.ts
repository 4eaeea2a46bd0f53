/** The metadata logs of the controllers of a cluster, which have stopped: the same, but for how far they are. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Cluster, ClusterNode } from './cluster.ts'
import { runTool } from './java-tool.ts'

/** The records of a controller's metadata log as Kafka's tool prints them, by offset. */
async function recordsOf({ folder }: ClusterNode): Promise<ReadonlyMap<number, string>> {
  const directory = join(folder, 'data', '__cluster_metadata-0')
  // Whose last epoch is older than a snapshot goes on from that (KIP-630): its log need not begin at 0.
  const logs = readdirSync(directory).filter((name) => name.endsWith('.log'))
  const files = logs.map((name) => join(directory, name)).join()
  const printed = await runTool('dumpLog', ['--cluster-metadata-decoder', '--files', files])
  const records = new Map<number, string>()
  for (const line of printed.split('\n')) {
    const offset = /^\| offset: (\d+)/.exec(line)?.[1]
    if (offset !== undefined) records.set(Number(offset), line)
  }
  return records
}

/** Returns how many records there are. */
export async function checkSameLogs(cluster: Cluster): Promise<number> {
  const [first, ...others] = await Promise.all(cluster.controllers.map(recordsOf))
  assert.ok(first !== undefined && first.size > 0)
  for (const other of others) {
    for (const [offset, record] of other) {
      if (first.has(offset)) assert.equal(record, first.get(offset), `offset ${offset}`)
    }
    const ends = [other, first].map((it) => Math.max(...it.keys()))
    assert.ok(Math.max(...ends) - Math.min(...ends) < 50, `logs end at ${ends}`)
  }
  return first.size
}
