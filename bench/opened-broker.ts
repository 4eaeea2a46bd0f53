/**
 * Run in a process of its own: `make FOLDER` has a broker in it that makes a topic of a hundred partitions on disk, `open FOLDER` starts
 * one on that, and prints the milliseconds from the call of `startBroker()` to the first answer as JSON.
 */
import { join } from 'node:path'
import { argv } from 'node:process'
import { apiVersions } from '../src/protocol/index.ts'
import { startBroker } from '../src/stack/index.ts'
import { createTopic, onWire, touchAll } from './admin.ts'

const partitions = 100
const topic = 'opened'

async function make(folder: string): Promise<void> {
  await using broker = await startBroker({ config: { 'log.dirs': join(folder, 'data') } })
  await createTopic(broker.port, { name: topic, partitions, settings: {} })
  await touchAll(broker.port, { topic, partitions })
}

async function open(folder: string): Promise<number> {
  const startMs = performance.now()
  await using broker = await startBroker({ config: { 'log.dirs': join(folder, 'data') } })
  const request = { clientSoftwareName: 'bench', clientSoftwareVersion: '1' }
  const { errorCode } = await onWire(broker.port, (wire) => wire.call(apiVersions, request))
  if (errorCode !== 0) throw new Error(`ApiVersions was answered with error ${errorCode}`)
  return performance.now() - startMs
}

const [, , verb, folder] = argv
if (folder === undefined || (verb !== 'make' && verb !== 'open'))
  throw new Error('usage: opened-broker.ts make|open FOLDER')
if (verb === 'make') await make(folder)
else process.stdout.write(JSON.stringify({ openMs: await open(folder) }))
