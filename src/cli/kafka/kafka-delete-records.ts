/** `odradek kafka-delete-records`: takes away what lies before offsets, by the flags of Kafka's tool, told in its form. */
import { type Admin, KafkaError, type RecordsToDelete, settled } from '../../client/index.ts'
import { UsageError } from '../usage-error.ts'
import { readGivenFile } from './given-file.ts'
import { told } from './told.ts'
import { runTool, say, ToolError, toolFlags, toolFlagsText } from './tool.ts'

export const usage = `Usage: odradek kafka-delete-records --bootstrap-server HOST:PORT --offset-json-file FILE

As kafka-delete-records of Apache Kafka, and in its form. FILE is
{"partitions": [{"topic": "orders", "partition": 0, "offset": 10}], "version": 1}: what lies before the offset goes; -1 is the end.

  --offset-json-file FILE        which partitions, and up to where
${toolFlagsText}`

const flags = { ...toolFlags, 'offset-json-file': { type: 'string' } } as const

function parsed(path: string): unknown {
  const text = readGivenFile(path)
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) throw new ToolError(`${path}: ${error.message}`)
    throw error
  }
}

function recordsOf(path: string): readonly RecordsToDelete[] {
  const given: unknown = parsed(path)
  const wrong = (why: string): ToolError => new ToolError(`${path}: ${why}`)
  if (typeof given !== 'object' || given === null || !('partitions' in given) || !Array.isArray(given.partitions)) {
    throw wrong('Missing partitions field')
  }
  return given.partitions.map((it: unknown) => {
    if (typeof it !== 'object' || it === null) throw wrong('a partition is an object')
    const { topic, partition, offset }: { topic?: unknown; partition?: unknown; offset?: unknown } = it
    if (typeof topic === 'string' && typeof partition === 'number' && typeof offset === 'number') {
      return { topic, partition, offset: offset === -1 ? 'latest' : offset }
    }
    throw wrong('a partition has topic, partition and offset')
  })
}

async function remove(admin: Admin, path: string): Promise<undefined> {
  const records = recordsOf(path)
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
