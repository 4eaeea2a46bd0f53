/**
 * Run last, by run.ts: every file that the brokers of this run have written, read by Kafka's own tool without complaint,
 * and those that it has no reader for by their grammar.
 */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { run } from '../../bench/child.ts'
import { toolCommand } from './java-tool.ts'
import { against, runFolder } from './kit.ts'

/** What the tool says of every segment but the first, Kafka's own too: it begins to count at -1. */
const firstOfSegment = /^Non-consecutive offsets in \S*\/0*(\d+)\.log\n {2}-1 is followed by \1\n/gm
/** What it says of a log with gaps, which a compacted one may have; offsets rise all the same. */
const gapsOf = /^Non-consecutive offsets in (\S*)\n((?: {2}-?\d+ is followed by \d+\n)+)/gm
const complaint =
  /invalid|isvalid: false|mismatch|corrupt|exception|error|could not|unknown|non-consecutive|out of order|not found|is followed by/i
/** What it says of batches that are whole; a field of records. */
const harmless = /isvalid: true|errorCode/i
const segmentOfOffsets = /^__consumer_offsets-/
const metadata = /^__cluster_metadata-0\//
const filesPerCall = 100

interface Reading {
  readonly what: string
  readonly pattern: string
  readonly isOf: (name: string) => boolean
  readonly args: readonly string[]
}

const readings: readonly Reading[] = [
  {
    what: 'metadata log and snapshots',
    pattern: '__cluster_metadata-0/*.{log,checkpoint}',
    isOf: () => true,
    args: ['--cluster-metadata-decoder', '--skip-record-metadata'],
  },
  { what: 'segments of offsets', pattern: '__consumer_offsets-*/*.log', isOf: () => true, args: ['--offsets-decoder'] },
  {
    what: 'segments of transactions',
    pattern: '__transaction_state-*/*.log',
    isOf: () => true,
    args: ['--transaction-log-decoder'],
  },
  {
    what: 'segments',
    pattern: '*/*.log',
    isOf: (name) => !metadata.test(name) && !segmentOfOffsets.test(name),
    // The records are looked at all the same; millions of lines about them are not wanted.
    args: ['--deep-iteration', '--skip-record-metadata'],
  },
  { what: 'indexes, checked', pattern: '*/*.{index,timeindex}', isOf: () => true, args: ['--verify-index-only'] },
  { what: 'indexes, sane', pattern: '*/*.{index,timeindex}', isOf: () => true, args: ['--index-sanity-check'] },
  { what: 'indexes, read', pattern: '*/*.{index,timeindex}', isOf: () => true, args: [] },
  { what: 'transaction indexes', pattern: '*/*.txnindex', isOf: () => true, args: [] },
  { what: 'producer states', pattern: '*/*.snapshot', isOf: () => true, args: [] },
]

/** The lines of the tool that complain, each with the file it was reading. */
function complaintsIn(output: string): string[] {
  const complaints: string[] = []
  let file = ''
  for (const line of output.split('\n')) {
    if (line.startsWith('Dumping ')) file = line.slice('Dumping '.length)
    else if (complaint.test(line) && !harmless.test(line)) complaints.push(`${file}: ${line}`)
  }
  return complaints
}

/** Nothing, where the cleaner has noted that the log is compacted. */
function withoutGaps(told: string, file: string, gaps: string): string {
  const log = basename(dirname(file))
  const at = log.lastIndexOf('-')
  const checkpoint = join(dirname(dirname(file)), 'cleaner-offset-checkpoint')
  const isCompacted =
    existsSync(checkpoint) && readFileSync(checkpoint, 'utf8').includes(`\n${log.slice(0, at)} ${log.slice(at + 1)} `)
  const isRising = gaps.split('\n').every((gap) => {
    const [before = 0, behind = 1] = (gap.match(/-?\d+/g) ?? []).map(Number)
    return before < behind
  })
  return isCompacted && isRising ? '' : told
}

async function readByTool(files: readonly string[], args: readonly string[]): Promise<void> {
  const command = await toolCommand('dumpLog', [...args, '--files', files.join(',')])
  const { code, stdout, stderr } = await run({ ...command, timeoutMs: 120_000 })
  const told = stderr.replace(firstOfSegment, '').replace(gapsOf, withoutGaps)
  const complaints = complaintsIn(`${stdout}\n${told}`)
  assert.deepEqual(complaints.slice(0, 5), [])
  assert.equal(code, 0, stderr)
  for (const file of files) assert.ok(stdout.includes(`Dumping ${file}\n`), `it has read ${file}`)
}

/** A version, a number of entries, and as many: how Kafka writes what belongs to a directory or to a log. */
function assertCheckpoint(file: string): void {
  const text = readFileSync(file, 'utf8')
  // Kafka makes these before it has anything to write to them.
  if (text === '' && /(cleaner|replication)-offset-checkpoint$/.test(file)) return
  const [version, count, ...entries] = text.trimEnd().split('\n')
  assert.equal(version, '0', file)
  assert.equal(entries.length, Number(count), file)
  for (const entry of entries) assert.match(entry, /^(\S+ )?\d+ \d+$/, file)
}

/** Of a broker that has several, the first one has the metadata. */
const names = globSync('*/{data,data-*}', { cwd: runFolder(against) })
for (const name of names.sort()) {
  describe(`files of the broker and directory "${name}"`, () => {
    const directory = join(runFolder(against), name)
    // A log that waits to be deleted is left as it was when it was closed.
    const found = (pattern: string): string[] => globSync(pattern, { cwd: directory, exclude: ['*-delete'] }).sort()

    for (const { what, pattern, isOf, args } of readings) {
      test(`${what}, by Kafka's tool`, async (context) => {
        const files = found(pattern)
          .filter(isOf)
          .map((file) => join(directory, file))
        context.diagnostic(`${files.length} files`)
        for (let i = 0; i < files.length; i += filesPerCall) await readByTool(files.slice(i, i + filesPerCall), args)
      })
    }

    test('checkpoints and the other text', (context) => {
      const checkpoints = found('{*-checkpoint,*/leader-epoch-checkpoint}')
      for (const file of checkpoints) assertCheckpoint(join(directory, file))
      const topicIds = found('*/partition.metadata')
      for (const file of topicIds)
        assert.match(readFileSync(join(directory, file), 'utf8'), /^version: 0\ntopic_id: [\w-]{22}\n?$/, file)
      assert.match(readFileSync(join(directory, 'meta.properties'), 'utf8'), /^cluster\.id=\S{22}$/m)
      const states = found('__cluster_metadata-0/quorum-state')
      assert.equal(states.length, basename(name) === 'data' ? 1 : 0)
      for (const file of states) {
        const state: unknown = JSON.parse(readFileSync(join(directory, file), 'utf8'))
        assert.ok(typeof state === 'object' && state !== null && 'leaderEpoch' in state)
      }
      context.diagnostic(`${checkpoints.length} checkpoints, ${topicIds.length} partition.metadata`)
    })
  })
}
