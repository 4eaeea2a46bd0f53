/**
 * What Kafka leaves in a partition when it is killed while it compacts or deletes (row D29 of the disk faults). The sweep of
 * crash points has each step of Odradek's own.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { countRecords, opened, Templates, topic } from './disk-rows.ts'

const fileOf = (partition: string, offset: number, suffix: string): string =>
  join(partition, `${String(offset).padStart(20, '0')}${suffix}`)

/** The first two segments in one, as a compaction that drops nothing writes them. */
function merge(partition: string, [first, second]: readonly [number, number], suffix: string): void {
  const bytes = [first, second].map((offset) => readFileSync(fileOf(partition, offset, '.log')))
  writeFileSync(fileOf(partition, first, suffix), Buffer.concat(bytes))
}

interface LeftOver {
  readonly left: string
  readonly change: (partition: string, first: number, second: number) => void
  /** Of the log, when a node has started on it. */
  readonly segments: number
}

const leftOvers: readonly LeftOver[] = [
  {
    left: '.cleaned and .deleted go',
    change: (partition, first, second) => {
      for (const kind of ['.log', '.index', '.timeindex', '.txnindex']) {
        writeFileSync(fileOf(partition, first, `${kind}.cleaned`), randomBytes(100))
        writeFileSync(fileOf(partition, second - 1, `${kind}.deleted`), randomBytes(100))
      }
    },
    segments: 6,
  },
  {
    left: 'a complete .swap is finished',
    change: (partition, first, second) => {
      merge(partition, [first, second], '.log.swap')
      for (const kind of ['.index', '.timeindex']) writeFileSync(fileOf(partition, first, `${kind}.swap`), '')
    },
    segments: 5,
  },
  {
    left: 'a .swap beside a .cleaned is of a set that is not complete: it goes',
    change: (partition, first, second) => {
      merge(partition, [first, second], '.log.swap')
      writeFileSync(fileOf(partition, first, '.log.cleaned'), '')
    },
    segments: 6,
  },
  {
    left: 'a segment that has its name, while its indexes are still called .swap and its sources .deleted',
    change: (partition, first, second) => {
      merge(partition, [first, second], '.log')
      for (const kind of ['.index', '.timeindex']) writeFileSync(fileOf(partition, first, `${kind}.swap`), '')
      for (const kind of ['.log', '.index', '.timeindex']) {
        renameSync(fileOf(partition, second, kind), fileOf(partition, second, `${kind}.deleted`))
      }
    },
    segments: 5,
  },
]

describe('D29: left over by a compaction or a deletion', () => {
  let templates: Templates
  before(async () => {
    templates = await Templates.make()
  })
  after(() => templates.remove())

  for (const { left, change, segments } of leftOvers) {
    test(left, async () => {
      let partition = ''
      const directory = templates.with('unclean', (copy) => {
        partition = join(copy, `${topic}-0`)
        const [first = 0, second = 0] = logsOf(partition).map((name) => Number(name.slice(0, 20)))
        change(partition, first, second)
      })
      assert.equal(await opened(directory, countRecords), 5600)
      assert.equal(logsOf(partition).length, segments)
      assert.deepEqual(
        readdirSync(partition).filter((name) => /\.(cleaned|swap|deleted)$/.test(name)),
        [],
      )
    })
  }
})

function logsOf(partition: string): string[] {
  return readdirSync(partition)
    .filter((name) => name.endsWith('.log'))
    .sort()
}
