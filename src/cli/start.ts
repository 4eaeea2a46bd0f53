/**
 * `odradek start`: runs a node until it is told to stop. A configuration of Kafka is taken as it is; without one, a node
 * on 127.0.0.1:9092 keeps its data in ./odradek-data.
 */
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { DiskError, type LogLevel } from '../base/index.ts'
import { ConfigError } from '../config/index.ts'
import { createEnv } from '../env/index.ts'
import { type Node, StorageError } from '../node/index.ts'
import { layered, serverDefaults, startServer } from '../stack/index.ts'
import { readConfigTexts } from './config-file.ts'
import { exitDone, exitFailed, exitUsage } from './exit-codes.ts'

const usage = `Usage: odradek start [FILE] [flags]

Runs a node. FILE is a configuration of Kafka (server.properties), whose directories are formatted already; without one
the node listens on 127.0.0.1:9092 and keeps its data in ./odradek-data, which is formatted at the first start.

  --set, -s KEY=VALUE      this config over what FILE says; may be repeated
  --json                   log in JSON, one object a line
  --log-level LEVEL        debug, info, warn or error; info unless told
  --help, -h               print this text

SIGTERM and SIGINT stop the node under control; a second one ends it at once.
`

const flags = {
  set: { type: 'string', short: 's', multiple: true },
  json: { type: 'boolean' },
  'log-level': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Resolves to the exit code of the process, when the node has stopped. */
export async function run(args: readonly string[]): Promise<number> {
  try {
    return await start(args)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (error instanceof UsageError || code.startsWith('ERR_PARSE_ARGS')) {
      process.stderr.write(`odradek start: ${error instanceof Error ? error.message : ''}\n\n${usage}`)
      return exitUsage
    }
    if (!isExpected(error, code)) throw error
    process.stderr.write(`odradek start: ${reason(error, code)}\n`)
    return exitFailed
  }
}

/** What the operator can mend: no stack trace. */
const isExpected = (error: unknown, code: string): error is Error =>
  error instanceof ConfigError || error instanceof StorageError || error instanceof DiskError || /^E[A-Z]+$/.test(code)

function reason(error: Error, code: string): string {
  if (code === 'EADDRINUSE') return `a listener's port is in use by another process (${error.message})`
  if (code === 'EACCES') return `not allowed (${error.message})`
  return error.message
}

async function start(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], options: flags, strict: true, allowPositionals: true })
  if (values.help) {
    process.stdout.write(usage)
    return exitDone
  }
  const [path, ...more] = positionals
  if (more.length > 0) throw new UsageError(`one FILE at most, got ${positionals.join(' ')}`)
  const level = levelOf(values['log-level'] ?? 'info')
  const file = path === undefined ? serverDefaults : await readConfigTexts(createEnv().disk, path)
  const starting = startServer({
    texts: layered(file, settings(values.set ?? [])),
    formatsEmpty: path === undefined,
    json: values.json ?? false,
    level,
  })
  const release = stopOnSignals(starting)
  try {
    const node = await starting
    giveMemoryBack()
    return (await node.ended) === undefined ? exitDone : exitFailed
  } finally {
    release()
  }
}

function levelOf(text: string): LogLevel {
  const level = levels.find((it) => it === text)
  if (level === undefined) throw new UsageError(`--log-level is one of ${levels.join(', ')}, not ${text}`)
  return level
}

function settings(pairs: readonly string[]): Map<string, string> {
  return new Map(
    pairs.map((pair) => {
      const equals = pair.indexOf('=')
      if (equals <= 0) throw new UsageError(`--set takes KEY=VALUE, not '${pair}'`)
      return [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()]
    }),
  )
}

/**
 * What loading and starting left behind goes back to the system, once: 9 MB of an idle node, for a pause of 20 ms before
 * the first client. The process is the node's own; a broker inside a test does no such thing to its host.
 */
function giveMemoryBack(): void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect({ type: 'major', flavor: 'last-resort', execution: 'sync' })
}

/** The first signal stops the node under control, once it has started; the second one ends the process. */
function stopOnSignals(starting: Promise<Node>): () => void {
  let isStopping = false
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) process.exit(exitFailed)
    isStopping = true
    process.stderr.write(`odradek: ${signal}, stopping; once more ends it at once\n`)
    // A start that fails is told where it is waited for.
    starting.then(
      (node) => node.stop(),
      () => undefined,
    )
  }
  const signals: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT']
  for (const signal of signals) process.on(signal, stop)
  return () => {
    for (const signal of signals) process.off(signal, stop)
  }
}
