/** The log of `__consumer_offsets` of a broker, as Kafka's own tool reads it. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ClusterNode } from './cluster.ts'
import { runTool } from './java-tool.ts'

/** What was committed for each partition of a group and a topic, in the order of the log; the key is `group topic-partition`. */
export async function committedIn(
  { directory }: ClusterNode,
  offsetsPartition: number,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const folder = join(directory, `__consumer_offsets-${offsetsPartition}`)
  const files = readdirSync(folder).filter((name) => name.endsWith('.log'))
  const paths = files.sort().map((name) => join(folder, name))
  const printed = await runTool('dumpLog', ['--offsets-decoder', '--files', paths.join()])
  const committed = new Map<string, number[]>()
  for (const line of printed.split('\n')) {
    const [, group, topic, partition, offset] = commit.exec(line) ?? []
    if (group === undefined) continue
    const key = `${group} ${topic}-${partition}`
    const offsets = committed.get(key) ?? []
    committed.set(key, offsets)
    offsets.push(Number(offset))
  }
  return committed
}

const commit =
  /"group":"([^"]+)","topic":"([^"]+)","partition":(\d+)\}\} payload: \{"version":"\d+","data":\{"offset":(\d+)/
