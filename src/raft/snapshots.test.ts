/** Snapshots from the outside: what a driver reads at start, writes, and removes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Disk, DiskError, type Logger, uuidFromString } from '../base/index.ts'
import { MemoryDisk } from '../env/index.ts'
import { readWholeFile, writeWholeFile } from '../log/index.ts'
import { buildControlBatch, ControlRecordType } from '../records/index.ts'
import { CommittedBound, committedBoundName } from './committed-bound.ts'
import { type CommittedBatch, MissingMetadataError, SnapshotAbandonedError } from './index.ts'
import { FailedSyncError } from './snapshot-files.ts'
import { snapshotName } from './snapshot-format.ts'
import { kafkaFile, restore } from './testdata/kafka-files.ts'
import { metadataDirectory, type Running, soleVoter, start, textsOf } from './testdata/running.ts'

const logFile = '00000000000000000000.log'

const filesOf = async (disk: Disk, suffix: RegExp): Promise<string[]> =>
  (await disk.list(metadataDirectory)).map(({ name }) => name).filter((name) => suffix.test(name))

async function damage(disk: Disk, name: string, change: (bytes: Buffer) => Buffer): Promise<void> {
  const path = `${metadataDirectory}/${name}`
  const bytes = await readWholeFile(disk, path, 1e9)
  assert.ok(bytes !== undefined)
  await writeWholeFile(disk, path, { bytes: change(Buffer.from(bytes)), sync: true })
}

const isLed = ({ driver }: Running) => driver.isLeader && driver.highWatermark === driver.endOffset
async function led(disk: Disk, options: Parameters<typeof start>[1] = {}): Promise<Running> {
  const running = await start(disk, options)
  await running.until(() => isLed(running) && running.committed.at(-1)?.lastOffset === running.driver.endOffset - 1)
  return running
}

/** Proposes `count` batches of one record each and waits for them. */
async function propose(running: Running, texts: readonly string[]): Promise<void> {
  for (const text of texts) running.driver.propose([Buffer.from(text)])
  await running.until(() => running.committed.at(-1)?.lastOffset === running.driver.endOffset - 1)
}

const snapshotOf = (running: Running, texts: readonly string[], timestampMs = 1000) => {
  const last = running.committed.at(-1)
  return {
    offset: (last?.lastOffset ?? -1) + 1,
    epoch: last?.epoch ?? 0,
    timestampMs,
    records: texts.map((text) => Buffer.from(text)),
  }
}

test("Kafka's newest snapshot comes first, then what the log has behind it", async () => {
  const disk = new MemoryDisk()
  await restore(disk, 'clean')
  const first = await led(disk)
  assert.equal(first.snapshots.length, 1)
  const [snapshot] = first.snapshots
  assert.deepEqual([snapshot?.offset, snapshot?.epoch, snapshot?.records.length], [274, 2, 64])
  assert.equal(first.committed[0]?.baseOffset, 274)
  assert.deepEqual([first.driver.epoch, first.driver.leaderId, first.driver.logStartOffset], [3, 1, 0])
  assert.equal(first.driver.epochStartOffset, first.driver.endOffset - 1)
  assert.deepEqual(first.calls, [first.committed.length], 'one call for one read')
  await first.driver.stop()
  assert.deepEqual([first.faults, first.warnings], [[], []])
})

test('a dynamic quorum: its control records are passed over in the log and kept in snapshots', async () => {
  const disk = new MemoryDisk()
  const isSnapshot = (name: string) => /[1-9]-0000000001.checkpoint$/.test(name)
  await restore(disk, 'dynamic-quorum', isSnapshot)
  const self = { id: 7, directoryId: uuidFromString('qy82NyXIRcaF_1uHwVW0bA') }
  const endpoints = [{ name: 'CONTROLLER', host: '127.0.0.1', port: 19193 }]
  const running = await led(disk, { quorum: { ...soleVoter(7), self, endpoints } })
  assert.deepEqual(
    running.snapshots.map(({ offset, epoch, records }) => [offset, epoch, records.length]),
    [[0, 0, 0]],
  )
  assert.deepEqual(running.committed[0]?.records, [], 'a control batch of three records')
  assert.equal(running.committed[0]?.lastOffset, 2)
  await running.driver.createSnapshot(snapshotOf(running, ['state']))
  const name = (await filesOf(disk, /\.checkpoint$/)).at(-1) ?? ''
  const written = await readWholeFile(disk, `${metadataDirectory}/${name}`, 1e6)
  const kafkas = kafkaFile('dynamic-quorum/__cluster_metadata-0/00000000000000000037-0000000001.checkpoint')
  // Header, KRaftVersion and Voters: the same but for times, epoch and checksum.
  assert.equal(written?.readInt32BE(57), 3)
  assert.equal(written?.toString('hex', 82, 166), kafkas.toString('hex', 82, 166))
  const quorumState = await readWholeFile(disk, `${metadataDirectory}/quorum-state`, 1e6)
  assert.equal(
    quorumState?.toString(),
    '{"leaderId":7,"leaderEpoch":2,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}',
  )
  await running.driver.stop()
})

test('a snapshot is written, survives a restart, and stands for what it covers', async () => {
  const disk = new MemoryDisk()
  const first = await led(disk)
  assert.deepEqual(first.snapshots, [])
  await propose(first, ['a', 'b', 'c'])
  const snapshot = snapshotOf(first, ['abc'])
  await first.driver.createSnapshot(snapshot)
  await first.driver.createSnapshot(snapshot)
  assert.deepEqual(await filesOf(disk, /checkpoint/), [
    '00000000000000000004-0000000001.checkpoint',
    'leader-epoch-checkpoint',
  ])
  await propose(first, ['d'])
  await first.driver.stop()
  const second = await led(disk)
  assert.deepEqual([...textsOf(second.snapshots), ...textsOf(second.committed)], ['abc', 'd'])
  assert.deepEqual(
    second.snapshots.map(({ timestampMs }) => timestampMs),
    [1000],
  )
  await second.driver.stop()
  assert.deepEqual([...first.faults, ...second.faults, ...second.warnings], [])
})

test('a snapshot of what is not committed, of another epoch, or within a batch is refused', async () => {
  const running = await led(new MemoryDisk())
  const lastOffset = running.driver.propose([Buffer.from('a'), Buffer.from('b'), Buffer.from('c')])
  await running.until(() => running.committed.at(-1)?.lastOffset === lastOffset)
  const whole = snapshotOf(running, ['x'])
  for (const [wrong, reason] of [
    [{ offset: whole.offset + 1 }, /not within what is committed/],
    [{ epoch: whole.epoch + 1 }, /the log has epoch/],
    [{ offset: whole.offset - 1 }, /is within a batch, which starts at 1/],
  ] as const) {
    await assert.rejects(running.driver.createSnapshot({ ...whole, ...wrong }), (error) => {
      assert.ok(error instanceof RangeError)
      assert.match(error.message, reason)
      return true
    })
  }
  await running.driver.createSnapshot(whole)
  await running.driver.stop()
})

/** A directory with snapshots at 4 ("abc") and 7 ("abcdef"), and a log of a, b, ... g from offset 1 on. */
async function twoSnapshotsAndBound(): Promise<Disk> {
  const disk = new MemoryDisk()
  const running = await led(disk)
  await propose(running, ['a', 'b', 'c'])
  await running.driver.createSnapshot(snapshotOf(running, ['abc']))
  await propose(running, ['d', 'e', 'f'])
  await running.driver.createSnapshot(snapshotOf(running, ['abcdef'], 2000))
  await propose(running, ['g'])
  await running.driver.stop()
  return disk
}

/** As Kafka leaves it, which does not say how far the metadata was committed. */
async function twoSnapshots(): Promise<Disk> {
  const disk = await twoSnapshotsAndBound()
  await disk.unlink(`${metadataDirectory}/${committedBoundName}`)
  return disk
}

const newest = '00000000000000000007-0000000001.checkpoint'
const older = '00000000000000000004-0000000001.checkpoint'
const damages: readonly (readonly [string, (bytes: Buffer) => Buffer])[] = [
  ['no footer', (bytes) => bytes.subarray(0, bytes.length - 75)],
  ['a torn footer', (bytes) => bytes.subarray(0, bytes.length - 1)],
  ['nothing', () => Buffer.alloc(0)],
  ['zeros', (bytes) => Buffer.alloc(bytes.length)],
  ['a flipped bit', (bytes) => bytes.fill(bytes.readUInt8(160) ^ 1, 160, 161)],
  ['a batch of 2 GB', (bytes) => bytes.fill('7fffff00', 91, 95, 'hex')],
  ['more behind the footer', (bytes) => Buffer.concat([bytes, bytes.subarray(-75)])],
]

for (const [what, change] of damages) {
  test(`a damaged snapshot (${what}) gives way to an older one, if the log fills the gap`, async () => {
    const disk = await twoSnapshots()
    await damage(disk, newest, change)
    const running = await led(disk)
    assert.deepEqual([...textsOf(running.snapshots), ...textsOf(running.committed)], ['abc', 'd', 'e', 'f', 'g'])
    assert.deepEqual(running.warnings, ['a snapshot of the metadata is damaged and is not used'])
    await propose(running, ['h'])
    await running.driver.createSnapshot(snapshotOf(running, ['all']))
    assert.equal(await running.driver.cleanUp({ retentionBytes: 0, retentionMs: -1, nowMs: 0 }), 1)
    assert.deepEqual(await filesOf(disk, /^\d.*\.checkpoint/), [snapshotName(snapshotOf(running, []))])
    await running.driver.stop()
    assert.deepEqual(running.faults, [])
  })
}

test('without a usable snapshot the log must reach back to the beginning', async () => {
  const disk = await twoSnapshots()
  for (const name of [newest, older]) await damage(disk, name, (bytes) => bytes.subarray(0, -1))
  const running = await led(disk)
  assert.deepEqual([running.snapshots, textsOf(running.committed).join('')], [[], 'abcdefg'])
  await running.driver.stop()
})

test('a start fails where neither a snapshot nor the log has what was committed', async () => {
  const isRefused = (pattern: RegExp) => (error: unknown) => {
    assert.ok(error instanceof MissingMetadataError)
    assert.match(error.message, pattern)
    return true
  }
  const short = await twoSnapshots()
  await damage(short, newest, (bytes) => bytes.subarray(0, -1))
  await damage(short, logFile, (bytes) => bytes.subarray(0, 400))
  await assert.rejects(start(short), isRefused(/000007-0000000001.checkpoint is damaged: nothing holds \[\d, 7\)/))

  const late = await twoSnapshots()
  const log = (await readWholeFile(late, `${metadataDirectory}/${logFile}`, 1e6)) ?? Buffer.alloc(0)
  await writeWholeFile(late, `${metadataDirectory}/00000000000000000009.log`, { bytes: Buffer.alloc(0), sync: true })
  for (const { name } of await late.list(metadataDirectory)) {
    if (name.startsWith('00000000000000000000.')) await late.unlink(`${metadataDirectory}/${name}`)
  }
  assert.ok(log.length > 0)
  await assert.rejects(start(late), isRefused(/nothing holds \[7, 9\)/))
  for (const name of [newest, older]) await late.unlink(`${metadataDirectory}/${name}`)
  await assert.rejects(start(late), isRefused(/there is no usable snapshot.*nothing holds \[0, 9\)/))
})

for (const [what, lose] of [
  ['is gone', (disk: Disk, name: string) => disk.unlink(`${metadataDirectory}/${name}`)],
  ['ends early', (disk: Disk, name: string) => damage(disk, name, (bytes) => bytes.subarray(0, 300))],
] as const) {
  test(`a log that ${what} starts anew behind the newest snapshot`, async () => {
    const disk = await twoSnapshots()
    await lose(disk, logFile)
    const first = await led(disk)
    assert.deepEqual([textsOf(first.snapshots), textsOf(first.committed)], [['abcdef'], []])
    assert.ok(first.warnings.includes('the metadata log does not reach its newest snapshot and starts anew behind it'))
    assert.deepEqual([first.driver.logStartOffset, first.driver.epoch], [7, 2])
    assert.deepEqual(await filesOf(disk, /^\d.*\.checkpoint$/), [newest], 'nothing goes on from the older one')
    await propose(first, ['h'])
    await first.driver.stop()
    const second = await led(disk)
    assert.deepEqual([textsOf(second.snapshots), textsOf(second.committed)], [['abcdef'], ['h']])
    assert.deepEqual(second.warnings, [])
    await second.driver.stop()
  })
}

test('a log of older epochs than the snapshot is given up, however long it is', async () => {
  const disk = await twoSnapshots()
  const bytes = await readWholeFile(disk, `${metadataDirectory}/${newest}`, 1e6)
  const later = `${metadataDirectory}/00000000000000000007-0000000009.checkpoint`
  await writeWholeFile(disk, later, { bytes: bytes ?? Buffer.alloc(0), sync: true })
  const vote = Buffer.from('{"leaderId":2,"leaderEpoch":9,"votedId":-1,"currentVoters":[],"data_version":0}')
  await writeWholeFile(disk, `${metadataDirectory}/quorum-state`, { bytes: vote, sync: true })
  const running = await led(disk)
  assert.deepEqual([textsOf(running.snapshots), textsOf(running.committed)], [['abcdef'], []])
  assert.deepEqual([running.driver.logStartOffset, running.driver.epoch], [7, 10])
  await running.driver.stop()
})

test('leftovers of writers and removals go at start, other files stay', async () => {
  const disk = await twoSnapshots()
  const leftovers = [`${newest}.part`, '00000000000000000009-0000000001-77.checkpoint.part', `${older}.deleted`]
  for (const name of [...leftovers, 'notes.checkpoint.part']) {
    await writeWholeFile(disk, `${metadataDirectory}/${name}`, { bytes: Buffer.from('x'), sync: true })
  }
  const running = await led(disk)
  assert.deepEqual(await filesOf(disk, /checkpoint\./), ['notes.checkpoint.part'])
  await running.driver.stop()
})

test('clean-up moves the log start to the oldest snapshot kept, and removes segments before it', async () => {
  const disk = new MemoryDisk()
  const running = await led(disk, { config: { segmentBytes: 300, fileDeleteDelayMs: 0 } })
  const never = { retentionBytes: -1, retentionMs: -1, nowMs: 1e15 }
  const texts: string[] = []
  for (let i = 0; i < 5; i++) {
    texts.push(...Array.from({ length: 5 }, (_, j) => `${i}.${j}`))
    await propose(running, texts.slice(-5))
    await running.driver.createSnapshot(snapshotOf(running, texts, 1000 * (i + 1)))
  }
  const { driver } = running
  const snapshots = await filesOf(disk, /^\d.*\.checkpoint$/)
  assert.equal(snapshots.length, 5)
  assert.equal(await driver.cleanUp(never), 0)
  assert.equal(await driver.cleanUp({ ...never, retentionMs: 500, nowMs: 2501 }), 2)
  assert.deepEqual(await filesOf(disk, /^\d.*\.checkpoint$/), snapshots.slice(2))
  assert.equal(driver.logStartOffset, Number.parseInt(snapshots[2] ?? '', 10))
  assert.equal(await driver.cleanUp({ ...never, retentionBytes: 0 }), 2)
  assert.deepEqual(await filesOf(disk, /^\d.*\.checkpoint$/), snapshots.slice(4))
  assert.equal(driver.logStartOffset, Number.parseInt(snapshots[4] ?? '', 10))
  assert.equal(await driver.cleanUp({ ...never, retentionBytes: 0, retentionMs: 0 }), 0, 'the newest stays')
  await propose(running, ['last'])
  await driver.stop()
  const bases = (await filesOf(disk, /\.log$/)).map((name) => Number.parseInt(name, 10))
  assert.ok((bases[0] ?? 0) > 15 && (bases[0] ?? 0) <= 26, `segments ${bases}`)
  const again = await led(disk)
  assert.deepEqual([...textsOf(again.snapshots), ...textsOf(again.committed)], [...texts, 'last'])
  await again.driver.stop()
  assert.deepEqual([...running.faults, ...running.warnings, ...again.faults, ...again.warnings], [])
})

test('age is read from the files of an earlier run too', async () => {
  const disk = await twoSnapshots()
  const running = await led(disk)
  assert.equal(await running.driver.cleanUp({ retentionBytes: -1, retentionMs: 10, nowMs: 1010 }), 0)
  assert.equal(await running.driver.cleanUp({ retentionBytes: -1, retentionMs: 10, nowMs: 1011 }), 1)
  assert.deepEqual(await filesOf(disk, /^\d.*\.checkpoint$/), [newest])
  await running.driver.stop()
})

test('a large snapshot leaves the loop free, and a stop leaves it out', async () => {
  const disk = new MemoryDisk()
  const running = await led(disk)
  await propose(running, ['a'])
  let taken = 0
  function* records(count: number): Generator<Uint8Array> {
    for (; taken < count; taken++) {
      // Work of a record that is slow to encode.
      for (const until = performance.now() + 0.05; performance.now() < until; );
      yield Buffer.alloc(100, taken)
    }
  }
  let turns = 0
  const count = (): void => {
    turns++
    if (turns < 1e6 && taken < 1e5) setImmediate(count)
  }
  setImmediate(count)
  const first = running.driver.createSnapshot({ ...snapshotOf(running, []), records: records(2000) })
  await first
  assert.ok(turns > 10, `${turns} turns while 100 ms of records were written`)
  assert.deepEqual((await filesOf(disk, /^\d.*\.checkpoint/)).length, 1)
  await propose(running, ['b'])
  const second = running.driver.createSnapshot({ ...snapshotOf(running, []), records: records(1e5) })
  const outcome = assert.rejects(second, SnapshotAbandonedError)
  await new Promise((resolve) => setTimeout(resolve, 20))
  await running.driver.stop()
  await outcome
  assert.ok(taken < 1e5)
  taken = 1e5
  assert.deepEqual((await filesOf(disk, /^\d.*\.checkpoint/)).length, 1, 'no part is left')
  await assert.rejects(running.driver.createSnapshot(snapshotOf(running, [])), SnapshotAbandonedError)
})

test('a snapshot that cannot be made durable is a fault, one that finds no room is not', async () => {
  for (const [failing, isFault] of [
    ['sync', true],
    ['write', false],
    ['rename', false],
  ] as const) {
    const disk = new MemoryDisk()
    const fail = () => Promise.reject(new Error(`no ${failing}`))
    const open: Disk['open'] = async (path, options) => {
      const file = await disk.open(path, options)
      if (!path.endsWith('.part')) return file
      return new Proxy(file, {
        get: (target, name) => {
          if (name === failing) return fail
          const value: unknown = Reflect.get(target, name, target)
          return typeof value === 'function' ? value.bind(target) : value
        },
      })
    }
    const faulty = new Proxy<Disk>(disk, {
      get: (target, name) => {
        if (name === 'open') return open
        if (name === failing) return (from: string, to: string) => (/part$/.test(from) ? fail() : disk.rename(from, to))
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const running = await led(faulty)
    await propose(running, ['a'])
    await assert.rejects(running.driver.createSnapshot(snapshotOf(running, ['a'])))
    assert.equal(running.faults.length, isFault ? 1 : 0)
    assert.deepEqual(await filesOf(disk, /^\d.*\.checkpoint/), [])
    await running.driver.stop()
  }
})

test('batches of one read are told in one call', async () => {
  const disk = new MemoryDisk()
  const running = await led(disk)
  await propose(
    running,
    Array.from({ length: 200 }, (_, i) => `record ${i}`),
  )
  await running.driver.stop()
  const again = await led(disk)
  assert.deepEqual(again.calls, [202])
  const offsets = (batches: readonly CommittedBatch[]) => batches.map(({ baseOffset }) => baseOffset)
  assert.deepEqual(
    offsets(again.committed),
    Array.from({ length: 202 }, (_, i) => i),
  )
  await again.driver.stop()
})

test('a snapshot header in the log itself does no harm', async () => {
  const disk = new MemoryDisk()
  const running = await led(disk)
  await propose(running, ['a'])
  await running.driver.stop()
  const stray = [ControlRecordType.snapshotHeader, ControlRecordType.snapshotFooter].map((type) => ({
    type,
    value: Buffer.alloc(3),
  }))
  await damage(disk, logFile, (bytes) =>
    Buffer.concat([bytes, buildControlBatch(stray, { baseOffset: 2, leaderEpoch: 1, timestampMs: 5 })]),
  )
  const again = await led(disk)
  assert.deepEqual(textsOf(again.committed), ['a'])
  assert.equal(again.committed.at(-2)?.lastOffset, 3)
  await again.driver.stop()
})

test('a log that would be cut before what was committed is left as it is, and the node does not start on it', async () => {
  const disk = await twoSnapshotsAndBound()
  const path = `${metadataDirectory}/${logFile}`
  const whole = (await readWholeFile(disk, path, 1e6)) ?? Buffer.alloc(0)
  const isRefused = (error: unknown): boolean =>
    error instanceof MissingMetadataError && /--force-recover/.test(error.message)
  for (const hurt of [whole.subarray(0, -1), Buffer.concat([whole.subarray(0, -5), Buffer.alloc(5, 'x')])]) {
    await writeWholeFile(disk, path, { bytes: hurt, sync: true })
    await assert.rejects(start(disk), isRefused)
    assert.ok(hurt.equals((await readWholeFile(disk, path, 1e6)) ?? Buffer.alloc(0)))
  }
  await disk.unlink(path)
  await assert.rejects(start(disk), isRefused)
  const running = await led(disk, { forceRecover: true })
  assert.deepEqual(textsOf(running.snapshots), ['abcdef'])
  await running.driver.stop()
  await (await led(disk)).driver.stop()
})

const small = { config: { segmentBytes: 200, segmentMs: 1e12 } }

/** Many segments, one snapshot in the middle of them; the bound is at the end. */
async function manySegments(): Promise<Disk> {
  const disk = new MemoryDisk()
  const running = await led(disk, small)
  await propose(running, [...'abcdefgh'])
  await running.driver.createSnapshot(snapshotOf(running, ['abcdefgh']))
  await propose(running, [...'ijklmnop'])
  await running.driver.stop()
  return disk
}

test('damage that the newest snapshot stands for harms nobody', async () => {
  for (const bound of [undefined, '0\n9\n']) {
    const disk = await manySegments()
    if (bound !== undefined) await damage(disk, committedBoundName, () => Buffer.from(bound))
    await damage(disk, logFile, (bytes) => Buffer.concat([bytes.subarray(0, -20), Buffer.alloc(20, 'x')]))
    const running = await led(disk, small)
    const all = [...textsOf(running.snapshots), ...textsOf(running.committed)]
    assert.equal(all.join(''), 'abcdefghijklmnop')
    await running.driver.stop()
  }
})

test('a hole in the metadata is refused: by a file that is gone, or one that is empty', async () => {
  const hole = '00000000000000000012'
  const ways = [
    async (disk: Disk) => {
      for (const suffix of ['.log', '.index', '.timeindex']) await disk.unlink(`${metadataDirectory}/${hole}${suffix}`)
    },
    (disk: Disk) => damage(disk, `${hole}.log`, () => Buffer.alloc(0)),
  ]
  for (const make of ways) {
    const disk = await manySegments()
    await make(disk)
    await assert.rejects(
      start(disk, small),
      (error) => error instanceof MissingMetadataError && /the next file begins with/.test(error.message),
    )
  }
})

test('the bound never falls, whenever a start is stopped', async () => {
  const disk = await twoSnapshotsAndBound()
  const boundOf = async () => String(await readWholeFile(disk, `${metadataDirectory}/${committedBoundName}`, 100))
  const before = await boundOf()
  assert.match(before, /^0\n8\n$/)
  await (await start(disk)).driver.stop()
  assert.equal(await boundOf(), before)
})

test('a bound that the disk has no room for is no fault; one whose sync fails is, and is not tried again', async () => {
  for (const [code, kind, tries] of [
    ['ENOSPC', DiskError, 2],
    ['EIO', FailedSyncError, 1],
  ] as const) {
    let opened = 0
    const memory = new MemoryDisk()
    const open: Disk['open'] = async (path, options) => {
      if (options.mode === 'read') return memory.open(path, options)
      opened++
      throw new DiskError(code, path, code)
    }
    const broken: Disk = Object.assign(new MemoryDisk(), { open })
    const logger: Logger = { child: () => logger, log: () => undefined }
    const bound = await CommittedBound.open({ disk: broken, directory: metadataDirectory, logger })
    await assert.rejects(bound.raise(7), kind)
    await bound.raise(8).catch(() => undefined)
    assert.equal(opened, tries)
    assert.equal(bound.offset, undefined)
  }
})
