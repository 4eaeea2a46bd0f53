/**
 * Apache Kafka and Odradek hold the same lock on a log directory (row D24 of the disk faults), and one that is killed holds
 * it no longer. That Kafka asks for it is not tried on a running node: as a controller it writes its metadata log first.
 */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import type { Broker, Ping, Place } from '../../bench/broker.ts'
import { run } from '../../bench/child.ts'
import { takeOverByKafka } from '../../bench/kafka.ts'
import { takeOverByOdradek } from '../../bench/odradek.ts'
import { isShortRun, python } from './kit.ts'
import { startOwnBroker } from './own-broker.ts'
import { ping } from './ping.ts'

/** On this port somebody else would answer. */
const never: Ping = () => new Promise(() => undefined)
/** The system's lock that Java takes as well. */
const lock = 'import fcntl, sys; fcntl.lockf(open(sys.argv[1], "r+"), fcntl.LOCK_EX | fcntl.LOCK_NB)'
const skip = isShortRun ? 'in the full run only' : false
let broker: Broker | undefined
after(() => broker?.stop())

/** The same directory, other ports: it is the directory that they must not share. */
function elsewhere(place: Place): Place {
  const file = `${place.file}.other`
  const text = readFileSync(place.file, 'utf8')
  writeFileSync(
    file,
    text.replaceAll(/(127\.0\.0\.1):(\d+)/g, (_, host, port) => `${host}:${Number(port) - 10_000}`),
  )
  return { ...place, file }
}

test('one directory is for one of them, until it ends', { skip, timeout: 100_000 }, async () => {
  broker = await startOwnBroker('locks', {})
  for (const take of [takeOverByKafka, takeOverByOdradek]) {
    const { place } = broker
    const path = join(dirname(place.file), 'data', '.lock')
    const tried = await run({ command: python(), args: ['-c', lock, path], timeoutMs: 10_000 })
    assert.match(tried.stderr, /BlockingIOError/, `${broker.name} holds it`)
    await assert.rejects(takeOverByOdradek(never, elsewhere(place)), (error: Error) =>
      /another process or thread is using/.test(String(error.cause)),
    )
    assert.ok(broker.process.isRunning)
    await broker.process.kill()
    broker = await take(ping, place)
  }
})
