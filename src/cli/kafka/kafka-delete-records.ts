/** `odradek kafka-delete-records`: takes away what lies before offsets, by the flags of Kafka's tool, told in its form. */
import { readFileSync } from 'node:fs'
import { type Admin, KafkaError, type RecordsToDelete, settled } from '../../client/index.ts'
import { UsageError } from '../usage-error.ts'
import { told } from './told.ts'
import { runTool, say, ToolError, toolFlags, toolFlagsText } from './tool.ts'

export const usage = `Usage: odradek kafka-delete-records --bootstrap-server HOST:PORT --offset-json-file FILE

As kafka-delete-records of Apache Kafka, and in its form. FILE is
{"partitions": [{"topic": "orders", "partition": 0, "offset": 10}], "version": 1}: what lies before the offset goes; -1 is the end.

  --offset-json-file FILE        which partitions, and up to where
${toolFlagsText}`

const flags = { ...toolFlags, 'offset-json-file': { type: 'string' } } as const

function recordsOf(path: string): readonly RecordsToDelete[] {
  const given: unknown = JSON.parse(readFileSync(path, 'utf8'))
  if (typeof given !== 'object' || given === null || !('partitions' in given) || !Array.isArray(given.partitions)) {
    throw new ToolError('Missing partitions field')
  }
  return given.partitions.map((it: unknown) => {
    if (typeof it !== 'object' || it === null) throw new ToolError('a partition is an object')
    const { topic, partition, offset }: { topic?: unknown; partition?: unknown; offset?: unknown } = it
    if (typeof topic === 'string' && typeof partition === 'number' && typeof offset === 'number') {
      return { topic, partition, offset: offset === -1 ? 'latest' : offset }
    }
    throw new ToolError('a partition has topic, partition and offset')
  })
}

function readRecords(path: string): readonly RecordsToDelete[] {
  try {
    return recordsOf(path)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    throw new ToolError(`${path}: ${error.message}`)
  }
}

async function remove(admin: Admin, path: string): Promise<undefined> {
  const records = readRecords(path)
  say('Executing records delete operation')
  const results = await settled(admin.deleteRecords(records))
  say('Records delete operation completed:')
  for (const [name, result] of results) {
    if (result instanceof KafkaError) say(`partition: ${name}\terror: ${told(result)}`)
    else say(`partition: ${name}\tlow_watermark: ${result.lowWatermark}`)
  }
}

export const run = (args: readonly string[]): Promise<number> =>
  runTool(
    {
      name: 'kafka-delete-records',
      usage,
      flags,
      run({ admin, given }) {
        const path = given.text('offset-json-file')
        if (path === undefined) throw new UsageError('Missing required argument "[offset-json-file]"')
        return remove(admin, path)
      },
    },
    args,
  )
