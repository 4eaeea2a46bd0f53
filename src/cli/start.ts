/**
 * `odradek start`: runs a node until it is told to stop. A configuration of Kafka is taken as it is; without one, a node
 * on 127.0.0.1:9092 keeps its data in ./odradek-data.
 */
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ApiError, DiskError, type Env, type LogLevel } from '../base/index.ts'
import { ConfigError, RegistryConfig } from '../config/index.ts'
import { createEnv } from '../env/index.ts'
import {
  MissingMetadataError,
  type Node,
  QuorumStateError,
  StoppedWhileStartingError,
  StorageError,
} from '../node/index.ts'
import {
  checkRegistry,
  keepNodeRegistry,
  ListenError,
  layered,
  serverDefaults,
  startServer,
  withOwnListener,
} from '../stack/index.ts'
import { readConfigTexts } from './config-file.ts'
import { exitDone, exitFailed, exitUsage } from './exit-codes.ts'
import { nodesMax } from './nodes/layout.ts'
import { speakToParent } from './nodes/parent-channel.ts'
import { refuseSeveral } from './nodes/prepare.ts'
import { startNodes } from './nodes/start-nodes.ts'
import type { ProcessContext } from './process-context.ts'
import { parseSettings } from './settings.ts'
import { type StopSignalsOptions, stopOnSignals } from './stop-signals.ts'
import { UsageError } from './usage-error.ts'

export const usage = `Usage: odradek start [FILE] [flags]

Runs a node. FILE is a configuration of Kafka (server.properties), whose directories are formatted already (see \`odradek
format\`); without one the node is a cluster alone, listens on 127.0.0.1:9092 and keeps its data in ./odradek-data, which is
formatted at the first start.

With --nodes N it runs N nodes as one cluster, each in a process of its own: without FILE on 127.0.0.1:9092 and the ports behind it,
with their data in ./odradek-data/node-1 and so on, formatted at the first start. Of three and more nodes the first three are
controllers too, of fewer the first, for as long as the cluster lives; their ports are 10,000 above those of their brokers. Topics have
three replicas, of which two must be in sync to produce. Another start goes on, also with more nodes, or with fewer while most
controllers are there. FILE and --set are the base of all: node i adds i - 1 to their ports and has node-i in their log.dirs; node.id,
process.roles and the quorum are not taken from it, and controller.quorum.voters is refused. Beside its data each node has a
server.properties, written at each start, with which it can run alone.

  --nodes, -n N            so many nodes, 1 to ${nodesMax}
  --stop-on-failure        of several nodes: one that ends by itself takes the others with it; else they go on, once they were a cluster
  --set, -s KEY=VALUE      this config over what FILE says; may be repeated
  --force-recover          go on where committed metadata, or the file of the votes, is lost for good; for one start
  --json                   log in JSON, one object a line
  --log-level LEVEL        debug, info, warn or error; info unless told
  --help, -h               print this text

SIGTERM and SIGINT stop the node under control, or all nodes in order; a second one ends it at once. The exit code is 1 where one failed.
`

const flags = {
  nodes: { type: 'string', short: 'n' },
  'stop-on-failure': { type: 'boolean' },
  set: { type: 'string', short: 's', multiple: true },
  'force-recover': { type: 'boolean' },
  json: { type: 'boolean' },
  'log-level': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

/** Resolves to the exit code of the process, when the node has stopped. */
export async function run(args: readonly string[], context: ProcessContext): Promise<number> {
  try {
    return await start(args, context)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const isUsage = error instanceof UsageError || code.startsWith('ERR_PARSE_ARGS')
    const isJson = args.includes('--json')
    if (!isUsage && !isExpected(error, code) && !isJson) throw error
    for (const line of complaint(error, { code, isUsage })) tell(line, isJson)
    return isUsage ? exitUsage : exitFailed
  }
}

/** What the operator can mend: no stack trace. */
const isExpected = (error: unknown, code: string): boolean =>
  mendable.some((kind) => error instanceof kind) || /^E[A-Z]+$/.test(code)

const mendable = [ApiError, ConfigError, StorageError, DiskError, MissingMetadataError, QuorumStateError]

function complaint(error: unknown, { code, isUsage }: { readonly code: string; readonly isUsage: boolean }): string[] {
  if (!(error instanceof Error)) return [String(error)]
  if (isUsage) return [error.message, '`odradek start --help` lists the flags']
  if (code === 'EACCES' && !(error instanceof ListenError)) return [`not allowed (${error.message})`]
  return [isExpected(error, code) ? error.message : (error.stack ?? error.message)]
}

/** Before and beside the node's own log. */
function tell(line: string, isJson: boolean): void {
  if (isJson) createEnv({ json: true }).logger.log('error', line)
  else process.stderr.write(`odradek start: ${line}\n`)
}

async function start(args: readonly string[], context: ProcessContext): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], options: flags, strict: true, allowPositionals: true })
  if (values.help) {
    process.stdout.write(usage)
    return exitDone
  }
  const [path, ...more] = positionals
  if (more.length > 0) throw new UsageError(`one FILE at most, got ${positionals.join(' ')}`)
  const level = levelOf(values['log-level'] ?? 'info')
  const json = values.json ?? false
  const settings = parseSettings(values.set ?? [])
  const forceRecover = values['force-recover'] ?? false
  const stopsOnFailure = values['stop-on-failure'] ?? false
  if (values.nodes !== undefined) {
    const file = path === undefined ? undefined : await readConfigTexts(createEnv().disk, path)
    const options = { count: countOf(values.nodes), file, settings, json, level, forceRecover, stopsOnFailure }
    return startNodes(options, context)
  }
  if (stopsOnFailure) throw new UsageError('--stop-on-failure is for several nodes: --nodes')
  const given = layered(settings, forceRecover ? { 'odradek.force.recover': 'true' } : {})
  return startAlone({ path, given, json, level }, context)
}

interface AloneOptions {
  readonly path: string | undefined
  readonly given: ReadonlyMap<string, string>
  readonly json: boolean
  readonly level: LogLevel
}

async function startAlone(options: AloneOptions, { hasParent }: ProcessContext): Promise<number> {
  const { path, given, json, level } = options
  // Where the parent read the lines and is gone, nobody does: the node stops under control all the same.
  if (hasParent) process.stderr.on('error', () => undefined)
  keepYoungObjectsYoung()
  const texts = path === undefined ? textsWithoutFile(given) : await fileTexts(path, given)
  if (path === undefined) await refuseSeveral(createEnv().disk, texts)
  if (texts.get('process.roles')?.trim() === 'controller') inlineLittle()
  const registry = RegistryConfig.ofNode(texts)
  const env = createEnv({ json, level })
  if (registry !== undefined) checkRegistry(registry)
  const stopWanted = new AbortController()
  const starting = startServer({
    texts,
    formatsEmpty: path === undefined,
    json,
    level,
    stopWanted: stopWanted.signal,
  })
  const release = stopOnSignals(process, {
    hasParent,
    isScript: process.env['npm_lifecycle_event'] !== undefined,
    ...stopping({ starting, stopWanted }, env),
  })
  try {
    const node = await unlessStopped(starting)
    if (node === undefined) return exitDone
    const opened = registry && keepNodeRegistry(node, registry, env)
    // Others would take a voter that pauses for gone: on a machine that is busy it is seconds.
    if (node.quorum.view.voters.size === 1) {
      giveMemoryBack()
      void opened?.then(giveMemoryBack)
    }
    const silence = hasParent ? speakToParent(node) : undefined
    const failure = await node.ended
    silence?.()
    return failure === undefined ? exitDone : exitFailed
  } finally {
    release()
  }
}

/** Undefined where the node was told to stop before it was ready. */
const unlessStopped = (starting: Promise<Node>): Promise<Node | undefined> =>
  starting.catch((error: unknown) => {
    if (error instanceof StoppedWhileStartingError) return undefined
    throw error
  })

/** A controller alone has no schema registry. */
function textsWithoutFile(given: ReadonlyMap<string, string>): Map<string, string> {
  const texts = withOwnListener(serverDefaults, given)
  if (texts.get('process.roles')?.trim() === 'controller' && !given.has(registryKey)) texts.delete(registryKey)
  return texts
}

const registryKey = 'odradek.registry.listeners'

const fileTexts = async (path: string, given: ReadonlyMap<string, string>): Promise<Map<string, string>> =>
  layered(await readConfigTexts(createEnv().disk, path), given)

function levelOf(text: string): LogLevel {
  const level = levels.find((it) => it === text)
  if (level === undefined) throw new UsageError(`--log-level is one of ${levels.join(', ')}, not ${text}`)
  return level
}

function countOf(text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (count < 1 || count > nodesMax) throw new UsageError(`--nodes is a number from 1 to ${nodesMax}, not '${text}'`)
  return count
}

/**
 * V8 watches which places make objects that live on, and allocates theirs with the old ones from then on. A broker's do
 * not: all that requests make is garbage once they are answered. Where a burst at the start was taken for the rule, each
 * small collection took 9 to 16 ms for as long as was looked at, instead of 1, and commits of offsets a fifth more CPU: so
 * in 2 starts of 4, and in none of 10 since.
 */
function keepYoungObjectsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring')
}

/**
 * The optimizing compilers work in memory that malloc keeps: up to 17 MB while they inline all that they may. Where they
 * inline a fifth of that, a controller with 10,000 partitions is 3 MB smaller, and takes no longer to make them.
 */
function inlineLittle(): void {
  setFlagsFromString('--max-inlined-bytecode-size-cumulative=200')
  setFlagsFromString('--max-maglev-inlined-bytecode-size-cumulative=200')
}

/**
 * What loading and starting left behind goes back to the system, once: 9 MB of an idle node, for a pause of 20 ms before
 * the first client, and 8 MB when its schema registry is there. The process is the node's own; a broker inside a test does no such thing to its host.
 */
function giveMemoryBack(): void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect({ type: 'major', flavor: 'last-resort', execution: 'sync' })
}

/** The first word stops the node under control, once it has started; the second one ends the process. */
function stopping(
  { starting, stopWanted }: { readonly starting: Promise<Node>; readonly stopWanted: AbortController },
  { clock, logger }: Env,
): Pick<StopSignalsOptions, 'nowMs' | 'stop' | 'end'> {
  return {
    nowMs: () => clock.monotonic(),
    stop: (reason) => {
      logger.log('info', `${reason}: stopping; once more ends it at once`)
      stopWanted.abort()
      // A start that fails is told where it is waited for.
      starting.then(
        (node) => node.stop(),
        () => undefined,
      )
    },
    end: (reason) => {
      logger.log('warn', `${reason} once more: the node ends at once, and recovers its logs at the next start`)
      process.exit(exitFailed)
    },
  }
}
