/**
 * Rows of the disk faults that are no start: the command ends with 1 and one line that names the file, and what the
 * directory holds is as it was: whoever mends it has all of it.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Run } from '../../src/cli/testdata/run.ts'
import { edit, Templates, topic } from './disk-rows.ts'

interface Row {
  readonly row: string
  readonly what: string
  readonly fault: (directory: string) => void
  readonly said: RegExp
}

const garbage = (path: string) => (directory: string) => writeFileSync(join(directory, path), randomBytes(200))
const metadataLog = join('__cluster_metadata-0', `${'0'.repeat(20)}.log`)
/** Kafka starts with what is left of the metadata in these two, and puts aside the data of the topics that it lost. */
const committed = /the metadata in .*__cluster_metadata-0 is not complete: .*--force-recover/

const rows: readonly Row[] = [
  {
    row: 'D12',
    what: 'garbage as recovery-point-offset-checkpoint',
    fault: garbage('recovery-point-offset-checkpoint'),
    said: /recovery-point-offset-checkpoint is malformed/,
  },
  {
    row: 'D13',
    what: 'garbage as replication-offset-checkpoint',
    fault: garbage('replication-offset-checkpoint'),
    said: /replication-offset-checkpoint is malformed/,
  },
  {
    row: 'D14',
    what: 'garbage as leader-epoch-checkpoint',
    fault: garbage(`${topic}-0/leader-epoch-checkpoint`),
    said: /d1-0\/leader-epoch-checkpoint is malformed/,
  },
  {
    row: 'D16',
    what: 'garbage as partition.metadata',
    fault: garbage(`${topic}-0/partition.metadata`),
    said: /d1-0\/partition\.metadata/,
  },
  {
    row: 'D18',
    what: 'a directory that is no log',
    fault: (directory) => mkdirSync(join(directory, 'photographs')),
    said: /photographs is not named after a topic and a partition/,
  },
  {
    row: 'D19',
    what: 'meta.properties missing',
    fault: (directory) => rmSync(join(directory, 'meta.properties')),
    said: /No readable meta\.properties files found/,
  },
  {
    row: 'D19',
    what: 'meta.properties of another node',
    fault: (directory) =>
      edit(join(directory, 'meta.properties'), (bytes) => Buffer.from(`${bytes}`.replace('node.id=1', 'node.id=7'))),
    said: /Stored node id 7 doesn't match previous node id 1 in/,
  },
  {
    row: 'D21',
    what: 'garbage as quorum-state',
    fault: garbage('__cluster_metadata-0/quorum-state'),
    said: /__cluster_metadata-0\/quorum-state is not a JSON object/,
  },
  {
    row: 'D22',
    what: 'the metadata log torn within what was committed',
    fault: (directory) => edit(join(directory, metadataLog), (bytes) => bytes.subarray(0, bytes.length - 50)),
    said: committed,
  },
  {
    row: 'D23',
    what: 'a flipped bit in the middle of the metadata',
    fault: (directory) =>
      edit(join(directory, metadataLog), (bytes) => {
        const middle = bytes.length >> 1
        return Buffer.concat([
          bytes.subarray(0, middle),
          Buffer.of((bytes[middle] ?? 0) ^ 1),
          bytes.subarray(middle + 1),
        ])
      }),
    said: committed,
  },
]

/** Each file by its name; the lock is nobody's any more. */
function contents(directory: string): ReadonlyMap<string, Buffer> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true, encoding: 'utf8' })
  const paths = files.filter((it) => it.isFile() && it.name !== '.lock').map((it) => join(it.parentPath, it.name))
  return new Map(paths.map((path) => [path.slice(directory.length + 1), readFileSync(path)]))
}

/**
 * The quorum may have voted and begun its epoch before the logs were looked at, and an index is built again. The marker of a
 * clean stop goes before the first log is opened, as in Kafka.
 */
function isKept(name: string, before: Buffer, now: Buffer | undefined): boolean {
  if (name === '.kafka_cleanshutdown') return true
  if (!name.startsWith('__cluster_metadata-0/')) return now !== undefined && before.equals(now)
  return name !== metadataLog || (now?.subarray(0, before.length).equals(before) ?? false)
}

describe('disk faults that are no start', () => {
  let templates: Templates
  before(async () => {
    templates = await Templates.make()
  })
  after(() => templates.remove())

  for (const { row, what, fault, said } of rows) {
    test(`${row}: ${what}`, async () => {
      const directory = templates.with('clean', fault)
      const before = contents(directory)
      const file = join(directory, '..', `${row}.properties`)
      const settings = {
        'process.roles': 'broker,controller',
        'node.id': '1',
        'controller.listener.names': 'CONTROLLER',
        'controller.quorum.voters': '1@127.0.0.1:0',
        listeners: 'PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0',
        'log.dirs': directory,
      }
      const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`)
      writeFileSync(file, lines.join(''))
      const run = new Run(['start', file], directory)
      assert.equal(await run.ended, 1, run.output)
      const last = run.output.trimEnd().split('\n').at(-1) ?? ''
      assert.match(last, said)
      assert.match(last, /^odradek start: /)
      const left = contents(directory)
      for (const [name, content] of before) {
        assert.ok(isKept(name, content, left.get(name)), `${name} is as it was`)
      }
    })
  }
})
