/** `odradek log dump`: what is in the files of a partition, offline. */
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import type { Disk } from '../base/index.ts'
import { createEnv } from '../env/index.ts'
import { Ending } from './client/ending.ts'
import { exitDone, exitFailed } from './exit-codes.ts'
import { dumpOffsetIndex, dumpProducerSnapshot, dumpTimeIndex, dumpTransactionIndex } from './log/dump-index.ts'
import { dumpLog } from './log/dump-log.ts'
import type { DumpOptions, Found } from './log/dump-words.ts'
import type { ProcessContext } from './process-context.ts'
import { UsageError } from './usage-error.ts'
import { runVerb } from './verb.ts'

export const usage = `Usage: odradek log dump FILE... [flags]

Prints what is in files of a partition, in the form of kafka-dump-log: batches of a .log or a .checkpoint, entries of an .index, a
.timeindex or a .txnindex, producers of a .snapshot. Nothing is changed, and no node needs to run. A batch with a wrong checksum, bytes
that are no batch, and an entry of an index that names no batch make the exit code 1.

  --records    the records of each batch too, keys and values as UTF-8
  --json       each batch, record or entry as an object on a line of its own; keys and values in base64
  --help, -h   print this text
`

const flags = {
  records: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

type Dump = (disk: Disk, path: string, options: DumpOptions) => AsyncGenerator<Found>

const dumps: readonly (readonly [suffix: string, dump: Dump])[] = [
  ['.log', dumpLog],
  ['.checkpoint', dumpLog],
  ['.index', dumpOffsetIndex],
  ['.timeindex', dumpTimeIndex],
  ['.txnindex', dumpTransactionIndex],
  ['.snapshot', dumpProducerSnapshot],
]

function dumpOf(path: string): Dump {
  // Also what is about to be deleted, or to take another's place.
  const name = basename(path).replace(/\.(deleted|cleaned|swap)$/, '')
  const known = dumps.find(([suffix]) => name.endsWith(suffix))
  if (known !== undefined) return known[1]
  throw new UsageError(`'${path}' is none of ${dumps.map(([suffix]) => suffix).join(' ')}`)
}

/** In one write, so that a line does not cost a system call. */
const chunkCharacters = 64 * 1024

async function dumpAll(paths: readonly string[], options: DumpOptions, context: ProcessContext): Promise<number> {
  const all = paths.map((path) => ({ path, dump: dumpOf(path) }))
  const { disk } = createEnv()
  const ending = new Ending('log', context)
  let [text, isWrong] = ['', false]
  const flush = async (): Promise<void> => {
    const full = text
    text = ''
    await ending.output.write(full)
  }
  try {
    for (const { path, dump } of all) {
      text += options.isJson ? `${JSON.stringify({ kind: 'file', path })}\n` : `Dumping ${path}\n`
      for await (const found of dump(disk, path, options)) {
        text += `${found.line}\n`
        isWrong ||= found.isWrong ?? false
        if (text.length >= chunkCharacters) await flush()
        if (ending.isOver) return ending.codeOver(exitDone)
      }
    }
    return ending.codeOver(isWrong ? exitFailed : exitDone)
  } finally {
    await flush()
    await ending.output.flushed()
    ending.release()
  }
}

function pathsOf([action, ...paths]: readonly string[]): readonly string[] {
  if (action !== 'dump') throw new UsageError(`'${action ?? ''}' is nothing that can be done with logs: there is dump`)
  if (paths.length === 0) throw new UsageError('at least one file is to be named')
  return paths
}

export const run = (args: readonly string[], context: ProcessContext): Promise<number> =>
  runVerb({
    name: 'log',
    usage,
    parse() {
      const { values, positionals } = parseArgs({
        args: [...args],
        options: flags,
        strict: true,
        allowPositionals: true,
      })
      return { ...values, positionals }
    },
    run: ({ positionals, records: withRecords = false, json: isJson = false }) =>
      dumpAll(pathsOf(positionals), { withRecords, isJson }, context),
  })
