/**
 * `odradek kafka-reassign-partitions` and `kafka-leader-election` print what Kafka's tools print, and do the same: one script on a
 * cluster of the kind under test, by Kafka's tools, and again by ours on a cluster of its own.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeldCluster } from './held-cluster.ts'
import { against, isShortRun } from './kit.ts'
import { moveScript } from './replica-script.ts'
import { type Told, Transcript, type TranscriptOptions } from './tool-transcript.ts'

const name = 'tools-by-name'
const kind = against === 'kafka' ? 'kafka' : 'odradek'

async function toldBy(askedBy: TranscriptOptions['askedBy'] & string): Promise<readonly Told[]> {
  await using held = await HeldCluster.start(kind, `${name}-${askedBy}`)
  await using transcript = await Transcript.start({
    cluster: held.cluster,
    name: `${name}-${askedBy}-${kind}`,
    askedBy,
  })
  await moveScript({ isShort: isShortRun })({ held, transcript })
  await held.cluster.stop()
  return transcript.told
}

test('our tools print the same of replicas', { timeout: 900_000 }, async (context) => {
  const byKafka = await toldBy('kafka')
  const byOurs = await toldBy('odradek')
  for (const [i, { label, rows }] of byKafka.entries()) {
    await context.test(label, () => {
      assert.equal(byOurs[i]?.label, label)
      assert.deepEqual(byOurs[i]?.rows, rows)
    })
  }
  assert.equal(byOurs.length, byKafka.length)
  const lines = byKafka.flatMap(({ rows }) => rows).length
  context.diagnostic(`${byKafka.length} calls, ${lines} lines the same`)
})
