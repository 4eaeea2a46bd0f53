/**
 * Kafka's log directories and Odradek's of the same batches, file by file. Where the bytes are not the same, `reasons` says
 * why, and what of them must be the same nevertheless; the table of `docs/golden-directories.md` is about the same files.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatMetaProperties, parseMetaProperties } from '../../src/node/index.ts'
import { decodeQuorumState, encodeQuorumState } from '../../src/raft/index.ts'
import { type DirectoryName, filesOf } from './data-dirs.ts'
import { WrittenAgain } from './written-again.ts'

interface Files {
  readonly kafka: Buffer
  readonly ours: Buffer | undefined
}

interface Reason {
  readonly path: RegExp
  readonly directory?: DirectoryName
  /** What is the same all the same. */
  readonly check: (files: Files) => void
}

const absent = ({ ours }: Files): void => assert.equal(ours, undefined)

/** Lines in the order of a hash map. */
const linesOf = (bytes: Buffer | undefined): string[] => (bytes?.toString() ?? '').split('\n').sort()

const sameLines = ({ kafka, ours }: Files): void => assert.deepEqual(linesOf(ours), linesOf(kafka))

/** Written again at the time that its comment says. */
const sameProperties = (text: string): string =>
  formatMetaProperties(parseMetaProperties(text), Date.parse(/^#(\w.*)$/m.exec(text)?.[1] ?? ''))

const reasons: readonly Reason[] = [
  // Made by formatting and by the quorum, of other things than batches.
  { path: /^bootstrap\.checkpoint$|\d\.checkpoint$/, check: absent },
  {
    path: /^meta\.properties$/,
    check: ({ kafka }) => assert.equal(sameProperties(kafka.toString()), kafka.toString()),
  },
  {
    path: /^__cluster_metadata-0\/quorum-state$/,
    check: ({ kafka }) => assert.equal(encodeQuorumState(decodeQuorumState(kafka.toString())), kafka.toString()),
  },
  // Topics that were deleted are not made again.
  { path: /-delete\//, check: absent },
  { path: /^replication-offset-checkpoint$/, check: sameLines },
  { path: /^recovery-point-offset-checkpoint$/, directory: 'clean', check: sameLines },
  {
    path: /^recovery-point-offset-checkpoint$/,
    directory: 'unclean',
    // Kafka takes what was deleted for flushed.
    check: ({ kafka, ours }) => sameLines({ kafka: Buffer.from(`${kafka}`.replace('plain 0 5', 'plain 0 0')), ours }),
  },
  // Odradek has the indexes of the last segment in memory, and recovery builds them anew: see the test below.
  { path: /^[^.]+\/\d+\.(index|timeindex|txnindex)$/, directory: 'unclean', check: absent },
  // Snapshots of producers go at once, not when the segments of before a compaction do.
  { path: /\.snapshot\.deleted$/, directory: 'unclean', check: absent },
]

/** With the broker epoch of the clean stop. */
const cases = [
  { directory: 'clean', brokerEpoch: 192 },
  { directory: 'unclean', brokerEpoch: undefined },
  { directory: 'dynamic-quorum', brokerEpoch: 13 },
] as const

for (const { directory, brokerEpoch } of cases) {
  test(`the same batches give the same files: ${directory}`, async (context) => {
    const written = await WrittenAgain.write(directory, brokerEpoch)
    let same = 0
    let different = 0
    for (const [path, kafka] of filesOf(directory)) {
      const ours = await written.file(path)
      if (ours?.equals(kafka)) {
        same++
        continue
      }
      different++
      const found = reasons.filter((reason) => reason.path.test(path) && (reason.directory ?? directory) === directory)
      assert.equal(found.length, 1, `${path}: there is a reason for its bytes not to be Kafka's`)
      for (const { check } of found) check({ kafka, ours })
    }
    context.diagnostic(`${same} files are the same to the byte, ${different} have a reason not to be`)
    const extra = (await written.paths()).filter((path) => !filesOf(directory).has(path))
    assert.deepEqual(extra, directory === 'unclean' ? [] : ['.lock'])
  })
}

test('what Kafka had in the indexes when it was killed is what a recovery by Odradek puts there', async () => {
  const written = await WrittenAgain.write('unclean', undefined)
  await written.recover()
  let count = 0
  for (const [path, kafka] of filesOf('unclean')) {
    const entrySize = { '.index': 8, '.timeindex': 12, '.txnindex': 34 }[/\.(\w*index)$/.exec(path)?.[0] ?? '']
    if (entrySize === undefined || path.includes('-delete/')) continue
    const ours = await written.file(path)
    assert.ok(ours, path)
    // Kafka makes them as large as they may become, and cuts them when a segment is rolled or closed.
    const entries = kafka.subarray(0, usedSize(kafka, entrySize))
    // The largest timestamp has an entry of its own from then on.
    const more = path.endsWith('.timeindex') ? entrySize : 0
    assert.deepEqual(ours.subarray(0, entries.length), entries, path)
    assert.ok(ours.length - entries.length <= more, path)
    count++
  }
  assert.ok(count > 40)
})

function usedSize(index: Buffer, entrySize: number): number {
  let size = index.length - (index.length % entrySize)
  while (size > 0 && index.subarray(size - entrySize, size).every((byte) => byte === 0)) size -= entrySize
  return size
}
