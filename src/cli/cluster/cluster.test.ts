/** Real nodes, each a process, and the commands that look at them and move what they hold. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Wire } from '../../../test/wire.ts'
import { createEnv } from '../../env/index.ts'
import { createTopics, ErrorCode } from '../../protocol/index.ts'
import { freePorts } from '../testdata/ports.ts'
import { Run } from '../testdata/run.ts'

const folder = mkdtempSync(join(tmpdir(), 'odradek-cluster-'))
const starts: Run[] = []
after(() => {
  // Where the test has failed: their nodes stop without them.
  for (const { child } of starts) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

interface Status {
  readonly brokers: readonly {
    readonly id: number
    readonly isFenced: boolean
    readonly replicas: number
    readonly leaders: number
  }[]
  readonly underReplicated: readonly unknown[]
  readonly moving: readonly unknown[]
}

async function makeTopics(port: number, topics: readonly string[]): Promise<void> {
  const wire = await Wire.connect(createEnv().network, '127.0.0.1', port)
  const made = await wire.call(createTopics, {
    topics: topics.map((name) => ({ name, numPartitions: 4, replicationFactor: 3 })),
    timeoutMs: 30_000,
  })
  for (const { errorCode } of made.topics) assert.equal(errorCode, ErrorCode.NONE)
  wire.destroy()
}

describe('odradek cluster, with nodes of odradek start --nodes', () => {
  it('a fourth node gets its share, is drained, stopped, and taken from the memory of the cluster', {
    timeout: 150_000,
  }, async () => {
    const port = await freePorts(4)
    const listeners = ['--set', `listeners=PLAINTEXT://127.0.0.1:${port}`, '--set', 'odradek.registry.listeners=']
    const start = async (count: number): Promise<Run> => {
      const run = new Run(['start', '--nodes', String(count), ...listeners], folder)
      starts.push(run)
      await run.until(/the cluster is ready/)
      return run
    }
    const cluster = async (...args: string[]): Promise<string> => {
      const run = new Run(['cluster', ...args, '--bootstrap', `127.0.0.1:${port}`], folder)
      assert.equal(await run.ended, 0, run.output)
      return run.output
    }
    const status = async (): Promise<Status> => JSON.parse(await cluster('status', '--json'))
    const replicas = async (): Promise<readonly number[]> => (await status()).brokers.map((it) => it.replicas)

    const three = await start(3)
    await makeTopics(port, ['a', 'b'])
    assert.deepEqual(await replicas(), [8, 8, 8])
    three.child.kill('SIGTERM')
    assert.equal(await three.ended, 0, three.output)
    // The last broker too was let go by a controller.
    assert.doesNotMatch(three.output, /stops all the same/)

    const four = await start(4)
    assert.deepEqual(await replicas(), [8, 8, 8, 0])
    assert.match(await cluster('rebalance', '--dry-run'), /^\d+ partitions to change, 6 replicas to copy\n\nTOPIC/)
    assert.deepEqual(await replicas(), [8, 8, 8, 0])
    const balanced = await cluster('rebalance', '--throttle', '10000000')
    assert.match(balanced, /^\d+ of \d+ partitions, batch 1 of 1$/m)
    assert.match(balanced, /The cluster is balanced\.\n$/)
    const even = await status()
    assert.deepEqual(
      even.brokers.map((it) => [it.replicas, it.leaders]),
      [1, 2, 3, 4].map(() => [6, 2]),
    )
    assert.match(await cluster('rebalance'), /^0 partitions to change.*The cluster is balanced\.\n$/s)

    const drained = await cluster('drain', '--broker', '4', '--batch', '2', '--json')
    const told = drained
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.equal(told[0].kind, 'plan')
    assert.equal(told[0].moves.length, 6)
    assert.ok(told.some(({ kind, batches }) => kind === 'progress' && batches === 3))
    assert.match(told.at(-1).text, /^Broker 4 holds no replica\. .*odradek cluster unregister --broker 4/s)
    assert.deepEqual(await replicas(), [8, 8, 8, 0])
    const pid = Number(/started nodeId=4 pid=(\d+)/.exec(four.output)?.[1])
    process.kill(pid, 'SIGTERM')
    await four.until(/INFO {2}\[nodes\] node 4 was stopped: the others go on/)
    while ((await status()).brokers.some(({ id, isFenced }) => id === 4 && !isFenced)) await sleep(100)
    assert.equal(await cluster('unregister', '--broker', '4'), 'Broker 4 is no longer registered.\n')
    const last = await status()
    assert.deepEqual(
      last.brokers.map(({ id }) => id),
      [1, 2, 3],
    )
    assert.deepEqual([last.underReplicated, last.moving], [[], []])
    four.child.kill('SIGINT')
    assert.equal(await four.ended, 0, four.output)
  })
})
