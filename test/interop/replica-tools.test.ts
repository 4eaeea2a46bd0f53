/**
 * Kafka's tools for replicas do and print the same against a cluster of Apache Kafka and one of ours: one script, run on a
 * controller and three brokers of each, and what is printed compared to the line.
 */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import type { Kind } from './cluster.ts'
import { HeldCluster } from './held-cluster.ts'
import { isShortRun } from './kit.ts'
import { type ReplicaScript, replicaScript, versions } from './replica-script.ts'
import { tools } from './tool-process.ts'
import { type Told, Transcript } from './tool-transcript.ts'

const name = 'replica-tools'

async function toldBy(kind: Kind, script: ReplicaScript): Promise<readonly Told[]> {
  await using held = await HeldCluster.start(kind, name)
  await using transcript = await Transcript.start({ cluster: held.cluster, name: `${name}-${kind}` })
  await script({ held, transcript })
  await held.cluster.stop()
  return transcript.told
}

/** What is not built is not announced; all else in the same versions. */
function assertServedAlike(ours: readonly string[], kafkas: readonly string[]): void {
  const nameOf = (row: string): string => row.split(':')[0] ?? ''
  const isMissing = (row: string): boolean => row.endsWith('UNSUPPORTED')
  const missing = new Set(ours.filter(isMissing).map(nameOf))
  const served = (rows: readonly string[]): readonly string[] => rows.filter((row) => !missing.has(nameOf(row)))
  assert.deepEqual(served(ours), served(kafkas))
}

test('tools print the same of replicas', { timeout: 900_000 }, async (context) => {
  const script = replicaScript({ isShort: isShortRun })
  const byKafka = await toldBy('kafka', script)
  const byOurs = await toldBy('odradek', script)
  if (process.env['UPDATE'] === '1') await tools.ship()
  for (const [i, { label, rows }] of byKafka.entries()) {
    const ours = byOurs[i]
    await context.test(label, () => {
      assert.equal(ours?.label, label)
      if (label.startsWith(versions)) assertServedAlike(ours.rows, rows)
      else assert.deepEqual(ours.rows, rows)
    })
  }
  assert.equal(byOurs.length, byKafka.length)
  const lines = byKafka.flatMap(({ rows }) => rows).length
  context.diagnostic(`${byKafka.length} calls, ${lines} lines the same`)
})

test('the jar that runs the tools is of its source', () => {
  assert.ok(existsSync(tools.shippedJar), 'UPDATE=1 makes it')
})
