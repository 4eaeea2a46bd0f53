/**
 * Moves of replicas to another log directory of their broker, by Kafka's tool and by another client. The tool asks for more
 * than the move: it reassigns the partitions to the brokers that they have already.
 */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { alterReplicaLogDirsV2, Connection, ResponseError } from '@platformatic/kafka'
import type { Broker } from '../../bench/broker.ts'
import { runTool } from './java-tool.ts'
import { against, bootstrap, runFolder, uniqueName, until } from './kit.ts'
import { describeDirectories, foldersOf } from './log-directories.ts'

export interface Move {
  readonly topics: readonly string[]
  /** Of each topic, from 0. */
  readonly partitions: number
  /** The path of a log directory. */
  readonly to: string
}

export interface Mover {
  /** Ends when the moves have begun, and fails where one does not. */
  begin(move: Move): Promise<void>
  untilDone(move: Move): Promise<void>
}

const doneTimeoutMs = 90_000
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

async function reassign(action: '--execute' | '--verify', { topics, partitions, to }: Move): Promise<string> {
  const file = join(runFolder(against), `${uniqueName('move')}.json`)
  const moved = topics.flatMap((topic) =>
    numbers(partitions).map((partition) => ({ topic, partition, replicas: [1], log_dirs: [to] })),
  )
  writeFileSync(file, JSON.stringify({ version: 1, partitions: moved }))
  return runTool('reassignPartitions', ['--bootstrap-server', bootstrap(), action, '--reassignment-json-file', file])
}

/** Kafka's tool. */
export const reassignPartitions: Mover = {
  async begin(move) {
    const printed = await reassign('--execute', move)
    const begun = printed.match(/^Successfully started moving log directory to /gm) ?? []
    assert.equal(begun.length, move.topics.length * move.partitions, printed)
  },
  async untilDone(move) {
    let printed = ''
    const condition = async (): Promise<boolean> => {
      printed = await reassign('--verify', move)
      assert.doesNotMatch(printed, /is not being moved|is being moved to log dir|cannot be found|is not found/)
      return !printed.includes('is still in progress')
    }
    await until({ what: `moved to ${move.to}`, timeoutMs: doneTimeoutMs, condition, seen: () => printed })
    const done = printed.match(/^Reassignment of replica \S+ completed successfully\.$/gm) ?? []
    assert.equal(done.length, move.topics.length * move.partitions, printed)
  },
}

/** The error code of each partition, in the order of their numbers. */
export async function moveCodes({ topics, partitions, to }: Move): Promise<number[]> {
  const [host = '', port = ''] = bootstrap().split(':')
  const connection = new Connection('interop')
  await connection.connect(host, Number(port))
  try {
    const asked = topics.map((name) => ({ name, partitions: numbers(partitions) }))
    const { results } = await alterReplicaLogDirsV2.api
      .async(connection, [{ path: to, topics: asked }])
      .catch((error: unknown) => {
        if (error instanceof ResponseError) return error.response
        throw error
      })
    return results.flatMap((result) =>
      result.partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex).map(({ errorCode }) => errorCode),
    )
  } finally {
    await connection.close()
  }
}

/** Until all are there, and nothing of them is on its way. */
async function untilThere({ topics, partitions, to }: Move): Promise<void> {
  let seen = ''
  const condition = async (): Promise<boolean> => {
    const all = await describeDirectories(...topics)
    seen = JSON.stringify(all)
    const isOnTheWay = all.some((directory) => directory.partitions.some(({ isFuture }) => isFuture))
    const there = all.find(({ logDir }) => logDir === to)?.partitions ?? []
    return !isOnTheWay && there.length === topics.length * partitions
  }
  await until({ what: `${topics} is in ${to}`, timeoutMs: doneTimeoutMs, condition, seen: () => seen })
}

export const byPlatformatic: Mover = {
  async begin(move) {
    assert.deepEqual(new Set(await moveCodes(move)), new Set([0]))
  },
  untilDone: untilThere,
}

export const movers: Readonly<Record<string, Mover>> = {
  'kafka-reassign-partitions': reassignPartitions,
  '@platformatic/kafka': byPlatformatic,
}

/** On the disk: the logs are in the directory, and nothing of them is in another. */
export function assertMoved(broker: Broker, { topics, partitions, to }: Move): void {
  for (const topic of topics) {
    const found = foldersOf(broker, topic).map((name) => join(dirname(broker.place.file), name))
    assert.deepEqual(
      found,
      numbers(partitions).map((partition) => join(to, `${topic}-${partition}`)),
    )
  }
}

/** Of all moves of the broker together; undefined takes the bound away. */
export async function boundMoves(bytesPerSecond: number | undefined): Promise<void> {
  const key = 'replica.alter.log.dirs.io.max.bytes.per.second'
  const change = bytesPerSecond === undefined ? ['--delete-config', key] : ['--add-config', `${key}=${bytesPerSecond}`]
  const broker = ['--entity-type', 'brokers', '--entity-name', '1']
  await runTool('configs', ['--bootstrap-server', bootstrap(), '--alter', ...broker, ...change])
}
