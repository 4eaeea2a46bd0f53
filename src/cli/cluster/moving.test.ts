import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createEnv } from '../../env/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import { Run } from '../testdata/run.ts'
import { ClusterAdmin } from './admin.ts'
import { AdminError } from './admin-error.ts'
import { FakeCluster } from './cluster-fixture.ts'
import { type MovingOptions, moveReplicas } from './moving.ts'
import { Report } from './report.ts'

let cluster: FakeCluster
let admin: ClusterAdmin
let output = ''
let onOutput: (text: string) => void = () => undefined

beforeEach(async () => {
  cluster = await FakeCluster.start([1, 2, 3])
  admin = new ClusterAdmin(createEnv(), [{ host: '127.0.0.1', port: cluster.port }])
  output = ''
  onOutput = () => undefined
})
afterEach(async () => {
  admin.close()
  await cluster.stop()
})

interface Given extends Partial<MovingOptions> {
  readonly isJson?: boolean
  readonly isTerminal?: boolean
}

function move(given: Given = {}): Promise<number> {
  const { isJson = false, isTerminal = false, ...options } = given
  const write = (text: string): void => {
    output += text
    onOutput(text)
  }
  const report = new Report({ isJson, out: { write }, progress: { write, isTTY: isTerminal } })
  const defaults = { drained: 3, isDryRun: false, batchSize: 2, bytesPerSecond: undefined, bootstrap: 'b:1' }
  return moveReplicas(admin, { ...defaults, interrupted: new AbortController().signal, ...options }, report)
}

/** As soon as the partition is on its way. */
function whenUnderWay(partition: number, act: () => void): void {
  const timer = setInterval(() => {
    if (cluster.partitions[partition]?.target === undefined) return
    clearInterval(timer)
    act()
  }, 20)
}

const five = [
  [3, 1],
  [3, 2],
  [1, 3],
  [2, 3],
  [1, 2],
]

describe('replicas are moved', () => {
  it('in batches, no more at a time; then the preferred ones lead, and the person is told how to go on', async () => {
    cluster.add('t', ...five)
    assert.equal(await move(), 0)
    assert.deepEqual(
      cluster.replicasOf('t').map((text) => text.split(',').sort().join()),
      Array(5).fill('1,2'),
    )
    assert.equal(cluster.underWayMax, 2)
    for (const { leader, replicas } of cluster.partitions) assert.equal(leader, replicas[0])
    assert.match(
      output,
      /^4 partitions to change, 4 replicas to copy\n\nTOPIC {2}PARTITION {2}FROM {2}TO\nt {6}0 {10}3,1 /,
    )
    assert.match(output, /^0 of 4 partitions, batch 1 of 2\n2 of 4 .*\n2 of 4 partitions, batch 2 of 2\n4 of 4 /m)
    assert.match(output, /^Broker 3 holds no replica\. .*\n {2}odradek cluster unregister --broker 3 --bootstrap b:1$/m)
    assert.doesNotMatch(output, /It is a controller too/)
    assert.ok(cluster.asked.every((text) => !text.includes('throttled')))
  })

  it('only planned, where that is all that is wanted', async () => {
    cluster.add('t', ...five)
    assert.equal(await move({ isDryRun: true }), 0)
    assert.deepEqual(cluster.asked, [])
  })

  it('throttled: rates and replicas are set as kafka-reassign-partitions does, before the first one moves', async () => {
    cluster.add('t', [3, 1])
    cluster.add('u', [1, 2])
    const seen: string[] = []
    onOutput = (text) => {
      if (text.startsWith('0 of 1')) seen.push(...Array.from(cluster.configs, ([key, value]) => `${key} = ${value}`))
    }
    assert.equal(await move({ bytesPerSecond: 1000 }), 0)
    assert.deepEqual(seen.toSorted(), [
      ...[1, 2, 3].flatMap((id) =>
        ['follower', 'leader'].map((side) => `broker ${id} ${side}.replication.throttled.rate = 1000`),
      ),
      'topic t follower.replication.throttled.replicas = 0:2',
      'topic t leader.replication.throttled.replicas = 0:3,0:1',
    ])
    assert.deepEqual([...cluster.configs], [])
    const order = cluster.asked.map((text) => text.split(' ')[0])
    assert.deepEqual(order, [...Array(8).fill('set'), 't-0', ...Array(8).fill('delete')])
  })

  it('interrupted: what is under way is cancelled, throttles are taken away; the same command goes on', async () => {
    cluster.add('t', ...five)
    const interrupt = new AbortController()
    onOutput = (text) => {
      if (!text.startsWith('2 of 4 partitions, batch 2')) return
      cluster.slowness = Number.POSITIVE_INFINITY
      setTimeout(() => interrupt.abort(), 200)
    }
    assert.equal(await move({ interrupted: interrupt.signal, bytesPerSecond: 1000 }), 1)
    assert.match(output, /^Interrupted: 2 partitions are done\. 2 that were under way are cancelled/m)
    assert.deepEqual(
      cluster.asked.filter((text) => text.includes('cancelled')),
      ['t-2 cancelled', 't-3 cancelled'],
    )
    assert.deepEqual(cluster.replicasOf('t').slice(2), ['1,3', '2,3', '1,2'])
    assert.deepEqual([...cluster.configs], [])
    cluster.slowness = 1
    onOutput = () => undefined
    assert.equal(await move(), 0)
    assert.ok(cluster.partitions.every(({ replicas }) => !replicas.includes(3)))
  })

  it('throttles that a run has left behind which was killed go with the next one, also where nothing is to be moved', async () => {
    cluster.add('t', [1, 2])
    cluster.configs.set('topic t leader.replication.throttled.replicas', '0:1')
    cluster.configs.set('broker 2 leader.replication.throttled.rate', '1')
    assert.equal(await move(), 0)
    assert.equal(cluster.configs.size, 2)
    assert.equal(await move({ bytesPerSecond: 1000 }), 0)
    assert.equal(cluster.configs.size, 0)
  })

  it('by the command: SIGINT cancels what is under way', async () => {
    cluster.add('t', ...five)
    cluster.slowness = Number.POSITIVE_INFINITY
    const args = ['drain', '--broker', '3', '--batch', '2', '--throttle', '1000']
    const run = new Run(['cluster', ...args, '--bootstrap', `127.0.0.1:${cluster.port}`], tmpdir())
    await run.until(/^0 of 4 partitions, batch 1 of 2$/m)
    while (cluster.underWayMax === 0) await sleep(20)
    run.child.kill('SIGINT')
    assert.equal(await run.ended, 1)
    assert.match(run.output, /^interrupted: what is under way is cancelled; /m)
    assert.match(run.output, /^Interrupted: 0 partitions are done\. 2 that were under way are cancelled, /m)
    assert.deepEqual(cluster.replicasOf('t'), five.map(String))
    assert.equal(cluster.configs.size, 0)
  })

  it('by the command: a terminal that is closed, and a pipe that nobody reads, interrupt it likewise', async () => {
    for (const close of [
      (run: Run): unknown => run.child.kill('SIGHUP'),
      ({ child }: Run): unknown => [child.stdout, child.stderr].map((stream) => stream?.destroy()),
    ]) {
      cluster.partitions.length = 0
      cluster.add('t', ...five)
      cluster.slowness = 3
      const args = ['drain', '--broker', '3', '--batch', '1', '--throttle', '1000']
      const run = new Run(['cluster', ...args, '--bootstrap', `127.0.0.1:${cluster.port}`], tmpdir())
      await run.until(/^0 of 4 partitions, batch 1 of 4$/m)
      close(run)
      assert.equal(await run.ended, 1)
      assert.ok(cluster.partitions.every(({ target }) => target === undefined))
      assert.ok(cluster.partitions.some(({ replicas }) => replicas.includes(3)))
      assert.equal(cluster.configs.size, 0)
    }
  })

  it('what an earlier run has left under way is waited for, and not begun again elsewhere', async () => {
    cluster.add('t', ...five)
    const [first] = cluster.partitions
    assert.ok(first)
    first.target = [2, 1]
    assert.equal(await move({ batchSize: 10 }), 0)
    assert.deepEqual(
      cluster.asked.filter((text) => text.startsWith('t-0')),
      [],
    )
    assert.match(output, /^t {6}0 {10}1,3 {3}2,1 {2}on its way$/m)
    assert.ok(cluster.partitions.every(({ replicas }) => !replicas.includes(3)))
  })

  it('partitions that are refused are told, the others are moved', async () => {
    cluster.add('t', ...five)
    cluster.refused.add('t-1')
    assert.equal(await move(), 1)
    assert.match(output, /^3 partitions are done; 1 could not be done:\n {2}t-1: UNKNOWN_TOPIC_OR_PARTITION\n/m)
    assert.deepEqual(
      cluster.partitions.filter(({ replicas }) => replicas.includes(3)).map(({ partition }) => partition),
      [1],
    )
  })

  it('for programs an object a line', async () => {
    cluster.add('t', ...five)
    assert.equal(await move({ isJson: true, drained: 1 }), 0)
    const told = output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.equal(told.at(-1).done, 3)
    const kinds = told.map(({ kind }) => kind)
    assert.deepEqual([kinds[0], kinds.at(-1)], ['plan', 'end'])
    assert.deepEqual(told[0].moves[0], { topic: 't', partition: 0, from: [3, 1], to: [3, 2] })
    assert.match(told.at(-1).text, /It is a controller too/)
  })

  it('a replica that leaves while the cluster is looked at is not taken for one that stays', async () => {
    cluster.add('t', [3, 1], [1, 2])
    const [first] = cluster.partitions
    assert.ok(first)
    first.target = [2, 1]
    cluster.slowness = Number.POSITIVE_INFINITY
    cluster.onMetadata = () => {
      first.replicas = first.target ?? first.replicas
      first.target = undefined
    }
    assert.equal(await move(), 0)
    assert.deepEqual(cluster.replicasOf('t'), ['2,1', '1,2'])
    assert.deepEqual(cluster.asked, [])
  })

  it('interrupted: what was on its way before goes on, and is told', async () => {
    cluster.add('t', [3, 1], [3, 2])
    const [first] = cluster.partitions
    assert.ok(first)
    first.target = [2, 1]
    cluster.slowness = Number.POSITIVE_INFINITY
    const interrupt = new AbortController()
    whenUnderWay(1, () => interrupt.abort())
    assert.equal(await move({ interrupted: interrupt.signal }), 1)
    assert.match(
      output,
      /1 that were under way are cancelled, and are where they were\. 1 that were on their way before go on\./,
    )
    assert.deepEqual(cluster.replicasOf('t'), ['3,1>2,1', '3,2'])
  })

  it('what is on its way already is throttled with the rest', async () => {
    cluster.add('t', [3, 1], [3, 2], [1, 2])
    const [first, , other] = cluster.partitions
    assert.ok(first && other)
    first.target = [2, 1]
    other.target = [2, 1]
    cluster.slowness = 3
    const seen = new Map<string, string>()
    onOutput = (text) => {
      if (text.startsWith('0 of 2')) for (const [key, value] of cluster.configs) seen.set(key, value)
    }
    assert.equal(await move({ bytesPerSecond: 1000 }), 0)
    assert.equal(seen.get('topic t leader.replication.throttled.replicas'), '1:3,1:2,0:1,0:3')
    assert.equal(seen.get('topic t follower.replication.throttled.replicas'), '1:1,0:2')
    assert.equal(cluster.configs.size, 0)
  })

  it('what others cancel is not done, nor is a cluster balanced then', async () => {
    cluster.add('u', [1, 2], [1, 2], [1, 2])
    cluster.slowness = Number.POSITIVE_INFINITY
    onOutput = () => {
      onOutput = () => undefined
      whenUnderWay(0, () => {
        for (const partition of cluster.partitions) partition.target = undefined
      })
    }
    assert.equal(await move({ drained: undefined, batchSize: 10 }), 1)
    assert.match(
      output,
      /^0 partitions are done; 3 could not be done:\n {2}u-\d is on 1,2, not on \S+: others have changed/m,
    )
    assert.doesNotMatch(output, /balanced/)
  })

  it('a cancel of which the first answer is lost is a cancel', async () => {
    cluster.add('t', [3, 1])
    cluster.slowness = Number.POSITIVE_INFINITY
    const interrupt = new AbortController()
    whenUnderWay(0, () => {
      cluster.codes.alter.push(ErrorCode.REQUEST_TIMED_OUT)
      interrupt.abort()
    })
    assert.equal(await move({ interrupted: interrupt.signal }), 1)
    assert.match(output, /^Interrupted: 0 partitions are done\. 1 that were under way are cancelled/m)
    assert.deepEqual(cluster.replicasOf('t'), ['3,1'])
  })

  it('where leaders cannot be elected, what is under way is cancelled and throttles go all the same', async () => {
    cluster.add('t', [3, 1], [3, 2])
    cluster.slowness = Number.POSITIVE_INFINITY
    cluster.codes.elect.push(ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
    const interrupt = new AbortController()
    whenUnderWay(0, () => {
      const [first] = cluster.partitions
      assert.ok(first)
      first.replicas = first.target ?? first.replicas
      first.target = undefined
      interrupt.abort()
    })
    assert.equal(await move({ interrupted: interrupt.signal, bytesPerSecond: 1000 }), 1)
    assert.match(output, /^Interrupted: 1 .*\n {2}leaders of 1 .*CLUSTER_AUTHORIZATION_FAILED\n1 that were under way/m)
    assert.deepEqual(cluster.replicasOf('t'), ['2,1', '3,2'])
    assert.equal(cluster.configs.size, 0)
  })

  it('where the cluster refuses to tell what is under way, that is cancelled, and told', async () => {
    cluster.add('t', [3, 1], [3, 2])
    cluster.slowness = Number.POSITIVE_INFINITY
    onOutput = (text) => {
      if (text.startsWith('0 of 2')) cluster.codes.list.push(ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
    }
    assert.equal(await move({ bytesPerSecond: 1000 }), 1)
    assert.match(
      output,
      /^0 partitions are done; 1 could not .*\n {2}.*CLUSTER_AUTHORIZATION_FAILED\n2 that were under way/m,
    )
    assert.deepEqual(cluster.replicasOf('t'), ['3,1', '3,2'])
    assert.equal(cluster.configs.size, 0)
  })

  it('a broker that dies under throttles keeps its own, which is told; the others go', async () => {
    cluster.add('t', [3, 1], [3, 2])
    let killed: Promise<void> | undefined
    onOutput = (text) => {
      if (text.startsWith('0 of 2')) killed ??= cluster.kill(2)
    }
    assert.equal(await move({ bytesPerSecond: 1000 }), 1)
    await killed
    assert.match(output, /^2 partitions are done; 1 could not be done:\n {2}throttles of broker 2 are left: /m)
    assert.deepEqual(
      [...cluster.configs.keys()],
      ['leader', 'follower'].map((side) => `broker 2 ${side}.replication.throttled.rate`),
    )
  })

  it('status is told of a cluster of which a broker has just died', async () => {
    cluster.add('t', [3, 1])
    cluster.configs.set('broker 1 leader.replication.throttled.rate', '1')
    await cluster.kill(2)
    const run = new Run(['cluster', 'status', '--bootstrap', `127.0.0.1:${cluster.port}`], tmpdir())
    assert.equal(await run.ended, 0, run.output)
    assert.match(run.output, /^Replication is throttled: brokers 1, topics -$/m)
    assert.match(run.output, /^Not known, as they do not answer: what is throttled of brokers 2$/m)
  })

  it('partitions without a leader are told and left out; nobody waits for them', async () => {
    cluster.add('t', [3, 1], [3, 2])
    const [first] = cluster.partitions
    assert.ok(first)
    first.leader = -1
    assert.equal(await move(), 1)
    assert.match(output, /^1 partition left out, without a leader: t-0$/m)
    assert.match(output, /^3 {7}2 -> 1 /m)
    assert.match(output, /^1 partitions are done; 1 could not be done:\n {2}t-0 has no leader/m)
    assert.deepEqual(cluster.replicasOf('t')[0], '3,1')
  })

  it('a bar on a terminal', async () => {
    cluster.add('t', [3, 1])
    assert.equal(await move({ isTerminal: true }), 0)
    assert.ok(output.includes(`\r[${'-'.repeat(30)}] 0 of 1 partitions, batch 1 of 1\u001b[K`))
    assert.ok(output.includes(`\r[${'#'.repeat(30)}] 1 of 1 partitions, batch 1 of 1\u001b[K\n`))
  })

  it('a rebalance lets those lead that are preferred, also where nothing is to be moved', async () => {
    cluster.add('t', [1, 2], [2, 3], [3, 1])
    for (const partition of cluster.partitions) partition.leader = partition.replicas[1] ?? -1
    assert.equal(await move({ drained: undefined }), 0)
    assert.deepEqual(
      cluster.partitions.map(({ leader }) => leader),
      [1, 2, 3],
    )
    assert.match(output, /The cluster is balanced\.\n$/)
  })

  it('a broker that is not there is told, and a cluster that does not answer', async () => {
    await assert.rejects(move({ drained: 9 }), (error) => {
      return error instanceof AdminError && error.message === 'there is no broker 9; there are 1, 2, 3'
    })
    await cluster.stop()
    await assert.rejects(move(), (error) => error instanceof AdminError && /^no broker answers: /.test(error.message))
  })
})
