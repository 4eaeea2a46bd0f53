/**
 * Rows of the disk faults that a node starts on, and two of a node that runs, each as it is told in docs/disk-faults.md; the
 * other rows have tests of their own, which that page names.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { nodeMetrics } from '../../src/node/index.ts'
import { ErrorCode } from '../../src/protocol/index.ts'
import { Wire } from '../wire.ts'
import { countRecords, edit, logFile, type Opened, opened, Templates, topic } from './disk-rows.ts'
import { Faults, goodBatch, network, produceTo } from './kit.ts'

describe('disk faults', () => {
  let templates: Templates
  let lastSegment = 0
  let middleSegment = 0
  before(async () => {
    templates = await Templates.make()
    const bases = (await segmentsOf(templates.with('unclean', () => undefined))).map(Number)
    lastSegment = bases.at(-1) ?? 0
    middleSegment = bases[2] ?? 0
    assert.equal(bases.length, 6)
  })
  after(() => templates.remove())

  const segmentsOf = async (directory: string): Promise<string[]> =>
    globSync('*.log', { cwd: join(directory, `${topic}-0`) })
      .map((name) => name.slice(0, 20))
      .sort()

  const records = (directory: string): Promise<number> => opened(directory, countRecords)
  const tail = (change: (bytes: Buffer) => Buffer) => (directory: string) =>
    edit(logFile(directory, lastSegment), change)
  const cut = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length - 2000)
  const inPartition = (directory: string, pattern: string): string[] =>
    globSync(`${topic}-0/${pattern}`, { cwd: directory }).map((name) => join(directory, name))

  test('D1: kill -9 loses nothing', async () => {
    assert.equal(await records(templates.with('unclean', () => undefined)), 5600)
  })

  test('D2: a torn last batch is cut, up to the last whole one', async () => {
    assert.equal(await records(templates.with('unclean', tail(cut))), 5590)
  })

  test('D3: junk or zeros at the tail are cut', async () => {
    for (const junk of [Buffer.alloc(5000, 0xff), Buffer.alloc(64 * 1024)]) {
      assert.equal(
        await records(
          templates.with(
            'unclean',
            tail((bytes) => Buffer.concat([bytes, junk])),
          ),
        ),
        5600,
      )
    }
  })

  test('D4: a flipped bit where nothing vouches cuts the log there, and says how much is lost', async () => {
    const flip = (bytes: Buffer): Buffer => {
      bytes[30_000] = (bytes[30_000] ?? 0) ^ 1
      return bytes
    }
    await opened(templates.with('unclean', tail(flip)), async (node) => {
      assert.equal(await countRecords(node), lastSegment + 20)
      assert.match(node.lines.join(''), /WARN .*the log was cut there.*lostBytes=\d+/)
      assert.ok(metric(node, 'lost') > 0)
    })
  })

  test('D5: a flipped bit in an old segment harms no start, and is served as it is', async () => {
    for (const ending of ['clean', 'unclean'] as const) {
      const flip = (directory: string): void =>
        edit(logFile(directory, 0), (bytes) => {
          bytes[30_000] = (bytes[30_000] ?? 0) ^ 1
          return bytes
        })
      const all = ending === 'clean' ? 5000 : 5600
      assert.equal(
        await records(templates.with(ending, flip)),
        all - 10,
        'a reader finds one batch with a wrong checksum',
      )
    }
  })

  test('D6: a torn tail behind a clean stop is cut', async () => {
    const torn = templates.with('clean', (directory) => edit(lastOf(directory), cut))
    assert.equal(await records(torn), 4990)
  })

  test('D7: junk behind a clean stop is cut and told; Kafka does not start', async () => {
    const junk = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(5000, 0xff)])
    await opened(
      templates.with('clean', (directory) => edit(lastOf(directory), junk)),
      async (node) => {
        assert.equal(await countRecords(node), 5000)
        assert.match(node.lines.join(''), /WARN .*in spite of a clean stop/)
      },
    )
  })

  test('D8: all indexes gone are built again', async () => {
    const gone = templates.with('clean', (directory) => {
      for (const path of inPartition(directory, '*.index')) rmSync(path)
    })
    assert.equal(await records(gone), 5000)
    assert.equal(inPartition(gone, '*.index').length, 5)
  })

  test('D9: random bytes as an index hide no record; Kafka skips a segment', async () => {
    const wrong = templates.with('clean', (directory) => {
      for (const path of inPartition(directory, '*.index')) writeFileSync(path, randomBytes(1000))
    })
    await opened(wrong, async (node) => {
      for (let offset = 0; offset < 5000; offset += 777) {
        const log = node.node.broker.replicas.get(topic, 0)?.log
        const plan = await log?.read({ startOffset: offset, maxBytes: 1, maxOffset: 5000, minOneBatch: true })
        assert.ok((plan?.firstBatchSizeInBytes ?? 0) > 0)
      }
      assert.equal(await countRecords(node), 5000)
    })
  })

  test('D10: random bytes as a time index are found out and built again', async () => {
    const wrong = templates.with('clean', (directory) => {
      for (const path of inPartition(directory, '*.timeindex')) writeFileSync(path, randomBytes(1001))
    })
    await opened(wrong, async (node) => {
      const log = node.node.broker.replicas.get(topic, 0)?.log
      const batch = await log?.batchForTimestamp(1_795_459_200_000 + 2345)
      assert.equal(batch && Number(Buffer.from(batch).readBigInt64BE(0)), 2340)
      assert.equal(await countRecords(node), 5000)
    })
  })

  test('D11: a missing segment is an error and a metric; readers go over it', async () => {
    for (const ending of ['clean', 'unclean'] as const) {
      const holed = templates.with(ending, (directory) => rmSync(logFile(directory, middleSegment)))
      await opened(holed, async (node) => {
        const left = await countRecords(node)
        assert.ok(left > 3900 && left < 5000, `${left}`)
        assert.match(node.lines.join(''), /ERROR .*(missing|lost)/)
        assert.ok(metric(node, 'missing') > 0)
      })
    }
  })

  test('an empty checkpoint, as Kafka makes it before it writes it, has no entries', async () => {
    const empty = templates.with('unclean', (directory) => {
      for (const path of globSync('{*-checkpoint,*/leader-epoch-checkpoint}', { cwd: directory })) {
        writeFileSync(join(directory, path), '')
      }
    })
    assert.equal(await records(empty), 5600)
  })

  test('D14: a missing leader-epoch-checkpoint is built again', async () => {
    const gone = templates.with('clean', (directory) =>
      rmSync(join(directory, `${topic}-0`, 'leader-epoch-checkpoint')),
    )
    assert.equal(await records(gone), 5000)
    assert.equal(inPartition(gone, 'leader-epoch-checkpoint').length, 1)
  })

  test('D15: garbage as producer snapshots is dropped, and the state built again', async () => {
    const broken = templates.with('clean', (directory) => {
      for (const path of inPartition(directory, '*.snapshot')) writeFileSync(path, randomBytes(100))
    })
    assert.equal(await records(broken), 5000)
  })

  test('D17: a directory of another topic id is put aside with an error, never deleted', async () => {
    const other = 'version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAw'
    const strange = templates.with('clean', (directory) =>
      writeFileSync(join(directory, `${topic}-0`, 'partition.metadata'), other),
    )
    await opened(strange, async (node) => {
      assert.equal(await countRecords(node), 0)
      assert.match(node.lines.join(''), /ERROR .*put aside/)
    })
    const aside = readdirSync(strange).filter((name) => name.endsWith('-stray'))
    assert.equal(aside.length, 1)
    assert.equal(globSync('*.log', { cwd: join(strange, aside[0] ?? '') }).length, 5)
  })

  test('D22: what nobody vouches for is cut off the metadata, with a warning', async () => {
    const torn = templates.with('unclean', (directory) => {
      edit(join(directory, '__cluster_metadata-0', `${'0'.repeat(20)}.log`), (bytes) => bytes.subarray(0, -50))
    })
    await opened(torn, async (node) => {
      assert.match(node.lines.join(''), /WARN .*the log was cut there.*__cluster_metadata-0.*lostBytes=\d+/)
      assert.equal(await countRecords(node), 5600)
    })
  })

  test('D24: two nodes on one directory: the second does not start, and the first goes on', async () => {
    await opened(
      templates.with('clean', () => undefined),
      async (first) => {
        const [directory = ''] = first.node.broker.logDirectories.map((it) => it.directory)
        await assert.rejects(opened(directory, countRecords), /another process or thread is using/)
        assert.equal(await countRecords(first), 5000)
      },
    )
  })

  test('D24: a metadata directory of its own is for one node, too', async () => {
    const [metadata = '', ...places] = ['metadata', 'one', 'other'].map((name) => templates.path(name))
    const settings = places.map((place) => ({ 'log.dirs': place, 'metadata.log.dir': metadata }))
    const first = await Faults.start(settings[0])
    try {
      const properties = readFileSync(join(places[0] ?? '', 'meta.properties'), 'utf8')
      mkdirSync(places[1] ?? '')
      writeFileSync(join(places[1] ?? '', 'meta.properties'), properties.replace(/^directory\.id=.*$/m, ''))
      await assert.rejects(Faults.start(settings[1]), /another process or thread is using .*metadata/)
      await first.createTopic('it-goes-on')
    } finally {
      await first.stop()
    }
    await (await Faults.start(settings[1])).stop()
  })

  test('D25: a partition whose directory goes while it is written takes appends until it rolls, then its disk is offline', async () => {
    const directory = templates.with('clean', () => undefined)
    await opened(directory, async ({ node }) => {
      const wire = await Wire.connect(network, '127.0.0.1', node.listeners[0]?.port ?? 0)
      const append = async (): Promise<number> => {
        const answer = produceTo(wire, { topic, records: goodBatch(['x'.repeat(60_000)]), acks: 1 })
        return (await answer.catch(() => ({ errorCode: ErrorCode.KAFKA_STORAGE_ERROR }))).errorCode
      }
      const codes = [await append()]
      // Behind the start of a leader's epoch the directory is written too: that must be over.
      await node.broker.replicas.get(topic, 0)?.log.flush()
      rmSync(join(directory, `${topic}-0`), { recursive: true })
      for (let i = 0; i < 40 && codes.at(-1) !== ErrorCode.KAFKA_STORAGE_ERROR; i++) codes.push(await append())
      assert.ok(codes.length > 2 && codes.slice(0, -1).every((code) => code === ErrorCode.NONE), `${codes}`)
      assert.match(String(await node.ended), /all log dirs have failed/)
      wire.destroy()
    })
  })

  const lastOf = (directory: string): string => inPartition(directory, '*.log').sort().at(-1) ?? ''
})

/** The sum of the metrics whose name has `part` in it. */
function metric({ node }: Opened, part: string): number {
  const found = nodeMetrics(node).filter(({ name }) => name.startsWith('kafka_log') && name.includes(part))
  assert.ok(found.length > 0, `a metric of ${part}`)
  return found.flatMap(({ samples }) => samples).reduce((sum, { value }) => sum + value, 0)
}
