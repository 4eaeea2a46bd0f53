/**
 * Apache Kafka and Odradek hold the same lock on a log directory (row D24 of the disk faults), and one that is killed holds
 * it no longer. As a controller Kafka writes its metadata log before it asks for the lock of its log directories: metadata
 * has a directory of its own here, which is locked too, and the one that comes second is given a copy of it.
 */
import assert from 'node:assert/strict'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import type { Broker, Ping, Place } from '../../bench/broker.ts'
import { run } from '../../bench/child.ts'
import { takeOverByKafka } from '../../bench/kafka.ts'
import { takeOverByOdradek } from '../../bench/odradek.ts'
import { against, isShortRun, python, runFolder } from './kit.ts'
import { startOwnBroker } from './own-broker.ts'
import { ping } from './ping.ts'

/** On this port somebody else would answer. */
const never: Ping = () => new Promise(() => undefined)
/** The system's lock that Java takes as well. */
const lock = 'import fcntl, sys; fcntl.lockf(open(sys.argv[1], "r+"), fcntl.LOCK_EX | fcntl.LOCK_NB)'
const skip = isShortRun ? 'in the full run only' : false
let broker: Broker | undefined
after(() => broker?.stop())

/** At other ports: one of the directories is the same, the other one a copy. */
function elsewhere(place: Place, copied: 'data' | 'records'): Place {
  const file = `${place.file}.other`
  const folder = dirname(place.file)
  const text = readFileSync(place.file, 'utf8')
    .replaceAll(/(127\.0\.0\.1):(\d+)/g, (_, host, port) => `${host}:${Number(port) - 10_000}`)
    .replace(`=${join(folder, copied)}\n`, `=${join(folder, 'copy')}\n`)
  writeFileSync(file, text)
  rmSync(join(folder, 'copy'), { recursive: true, force: true })
  cpSync(join(folder, copied), join(folder, 'copy'), { recursive: true })
  return { ...place, file, logFile: `${place.logFile}.refused` }
}

/** Who comes second to either directory. */
async function assertRefused(take: typeof takeOverByKafka, place: Place): Promise<void> {
  for (const [shared, copied] of [
    ['data', 'records'],
    ['records', 'data'],
  ] as const) {
    await assert.rejects(take(never, elsewhere(place, copied)), ({ cause }: Error) => {
      assert.match(String(cause), /instance in another process or thread is using/)
      assert.match(String(cause), new RegExp(`/locks/${shared}\\b`))
      return true
    })
  }
}

test('one directory is for one of them, until it ends', { skip, timeout: 100_000 }, async () => {
  const folder = join(runFolder(against), 'locks')
  const [metadata, records] = [join(folder, 'data'), join(folder, 'records')]
  const settings = { 'log.dirs': records, 'metadata.log.dir': metadata }
  broker = await startOwnBroker({ name: 'locks', settings })
  for (const take of [takeOverByKafka, takeOverByOdradek]) {
    const { place } = broker
    for (const directory of [metadata, records]) {
      const path = join(directory, '.lock')
      const tried = await run({ command: python(), args: ['-c', lock, path], timeoutMs: 10_000 })
      assert.match(tried.stderr, /BlockingIOError/, `${broker.name} holds ${path}`)
    }
    await assertRefused(takeOverByOdradek, place)
    await assertRefused(takeOverByKafka, place)
    assert.ok(broker.process.isRunning)
    await broker.process.kill()
    broker = await take(ping, place)
  }
})
