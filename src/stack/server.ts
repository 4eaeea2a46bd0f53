/**
 * A node in this process over the real world: configuration in, running node out. What `odradek start` and `startBroker`
 * share. Directories are made absolute here, `memory:` ones go to a disk of memory.
 */
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { type Env, type LogLevel, uuidToString } from '../base/index.ts'
import { createEnv } from '../env/index.ts'
import {
  BrokerConfig,
  formatStorage,
  groupWhy,
  jobsUrl,
  Node,
  nodeMetrics,
  StorageError,
  storageIsEmpty,
} from '../node/index.ts'
import { layered } from './default-config.ts'
import { withListener } from './listen-error.ts'
import type { MetricsHttp, MetricsHttpOptions } from './metrics-http.ts'
import { warnOfFewOpenFiles } from './open-files.ts'

export interface ServerOptions {
  /** By key, as in `server.properties`. */
  readonly texts: ReadonlyMap<string, string>
  /** Formats directories that were never used, under a cluster id that is drawn: those of a node that is a cluster alone. */
  readonly formatsEmpty: boolean
  readonly json?: boolean
  readonly level?: LogLevel
  /** Where log lines go; standard error unless told. */
  readonly write?: (line: string) => void
  readonly poison?: boolean
  /** See `NodeOptions`. */
  readonly stopWanted?: AbortSignal
}

interface Address {
  readonly host: string
  readonly port: number
}

/** The process lives while the node starts. */
const aliveMs = 2 ** 30
/** Memory is nobody's full disk. */
const withoutReserve = { 'odradek.log.dir.reserve.bytes': '0' }
const memoryPrefix = 'memory:'
const directoryKeys = ['log.dirs', 'log.dir', 'metadata.log.dir']

/** Throws ConfigError, StorageError, DiskError, ListenError: see `Node.start`. */
export async function startServer(options: ServerOptions): Promise<Node> {
  const { texts, isMemory } = withAbsoluteDirectories(options.texts)
  const { json = false, level = 'info', write } = options
  const env = createEnv({ disk: isMemory ? 'memory' : 'system', json, level, jobsUrl, ...(write ? { write } : {}) })
  const config = BrokerConfig.parse(isMemory ? layered(withoutReserve, texts) : texts)
  for (const warning of config.warnings) env.logger.log('warn', warning)
  if (options.formatsEmpty && (await storageIsEmpty(env.disk, config))) await formatAlone(env, config)
  if (!isMemory) await warnOfFewOpenFiles({ ...env, directories: [...config.logDirs, config.metadataLogDir] })
  try {
    return await startNode(env, config, options)
  } catch (error) {
    throw withListener(error, config)
  }
}

/** Metrics are there before the node says that it is ready, and as long as it is. */
async function startNode(env: Env, config: BrokerConfig, { poison = false, stopWanted }: ServerOptions): Promise<Node> {
  let node: Node | undefined
  const address = config.metricsListener
  const metrics =
    address &&
    (await openMetrics(env, address, {
      metrics: () => (node === undefined ? [] : nodeMetrics(node)),
      groupWhy: (groupId) => node && groupWhy(node, groupId),
    }))
  // No timer of the node's does it, and a broker that waits for its controllers has no listener yet.
  const alive = setInterval(() => undefined, aliveMs)
  try {
    node = await Node.start({ env, config, hostName: hostname(), poison, ...(stopWanted ? { stopWanted } : {}) })
  } catch (error) {
    await metrics?.close()
    throw error
  } finally {
    clearInterval(alive)
  }
  if (metrics !== undefined) void node.ended.then(() => metrics.close())
  return node
}

async function openMetrics(
  env: Env,
  address: Address,
  told: Pick<MetricsHttpOptions, 'metrics' | 'groupWhy'>,
): Promise<MetricsHttp> {
  const { serveMetrics } = await import('./metrics-http.ts')
  return serveMetrics({ ...address, ...told, logger: env.logger.child('metrics') })
}

function withAbsoluteDirectories(given: ReadonlyMap<string, string>): {
  readonly texts: ReadonlyMap<string, string>
  readonly isMemory: boolean
} {
  const texts = new Map(given)
  const paths: string[] = []
  for (const key of directoryKeys) {
    const text = texts.get(key)
    if (text === undefined) continue
    const entries = text.split(',').map((entry) => entry.trim())
    paths.push(...entries)
    texts.set(key, entries.map(absoluteDirectory).join(','))
  }
  const isMemory = paths.length > 0 && paths.every(isInMemory)
  if (!isMemory && paths.some(isInMemory)) {
    throw new StorageError(`Either all log directories are in memory or none is: ${paths.join(', ')}`)
  }
  return { texts, isMemory }
}

/** An empty name stays one, for the configuration to refuse: it is not the working directory. */
function absoluteDirectory(entry: string): string {
  if (entry === '') return entry
  return isInMemory(entry) ? memoryPath(entry) : resolve(entry)
}

const isInMemory = (entry: string): boolean => entry.startsWith(memoryPrefix)
const memoryPath = (entry: string): string => `/memory/${entry.slice(memoryPrefix.length) || 'data'}`

/** A node of a bigger cluster must get the cluster's id, and perhaps its voters, from who runs it. */
async function formatAlone(env: Env, config: BrokerConfig): Promise<void> {
  const { processRoles, voters, nodeId } = config
  const [voter, ...others] = voters
  if (processRoles.size < 2 || voter?.id !== nodeId || others.length > 0) {
    throw new StorageError(
      'Only a node that is broker and controller, and the only one of controller.quorum.voters, is formatted at its first ' +
        'start. Format this one with `odradek format --cluster-id ID --config FILE`, and start it with that FILE.',
    )
  }
  const clusterId = uuidToString(env.random.stream('cluster-id').uuid())
  const print = (line: string): void => env.logger.log('info', line)
  await formatStorage({ ...env, config, options: { clusterId }, print })
}
