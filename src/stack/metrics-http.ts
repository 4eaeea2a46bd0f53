/**
 * What a node tells by HTTP, where `odradek.metrics.listener` says so: /metrics for Prometheus, and
 * /groups/GROUP/why, the newest events of a group. Loaded only then.
 */
import { createServer, type Server } from 'node:http'
import { type Logger, type Metric, prometheusText } from '../base/index.ts'
import type { GroupWhy } from '../node/index.ts'
import { ProcessWatch } from './process-watch.ts'

export interface MetricsHttpOptions {
  readonly host: string
  readonly port: number
  readonly logger: Logger
  readonly metrics: () => readonly Metric[]
  /** Undefined while the node starts. */
  readonly groupWhy: (groupId: string) => GroupWhy | undefined
}

export interface MetricsHttp {
  readonly port: number
  close(): Promise<void>
}

/** Rejects with the system's error when the port is taken. */
export async function serveMetrics({
  host,
  port,
  logger,
  metrics,
  groupWhy,
}: MetricsHttpOptions): Promise<MetricsHttp> {
  const watch = new ProcessWatch()
  const answer = (path: string, method: string): Answer => {
    const groupId = groupOf(path)
    if (path !== '/metrics' && groupId === undefined) return plain(404, 'There is /metrics, and /groups/GROUP/why\n')
    if (method !== 'GET' && method !== 'HEAD') return plain(405, 'GET it\n')
    try {
      if (groupId !== undefined) return whyAnswer(groupWhy(groupId))
      const text = prometheusText([...metrics(), ...watch.metrics()])
      if (method === 'GET') watch.passed()
      return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', text }
    } catch (error) {
      // Whoever only looks does not end the node.
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
      logger.log('error', 'metrics could not be read', { reason })
      return plain(500, 'Metrics could not be read: see the log\n')
    }
  }
  const server = createServer({ maxHeaderSize: 16 * 1024, requestTimeout: 10_000 }, (request, response) => {
    const [path = ''] = (request.url ?? '').split('?', 1)
    const { status, type, text } = answer(path, request.method ?? '')
    // To a HEAD, Node sends no body.
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text)
  })
  server.maxConnections = 64
  try {
    await listening(server, host, port)
  } catch (error) {
    watch.close()
    throw error
  }
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  logger.log('info', 'metrics are served', { url: `http://${host}:${bound}/metrics` })
  return {
    port: bound,
    close: () =>
      new Promise((resolve) => {
        watch.close()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly text: string
}

const plain = (status: number, text: string): Answer => ({ status, type: 'text/plain', text })

/** The group of a path `/groups/GROUP/why`, whose name may have any character in percent-encoding. */
function groupOf(path: string): string | undefined {
  const [, encoded] = /^\/groups\/([^/]+)\/why$/.exec(path) ?? []
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded)
  } catch {
    return undefined
  }
}

/** Of milliseconds no more than whole microseconds. */
const rounded = (_: string, value: unknown): unknown =>
  typeof value === 'number' ? Math.round(value * 1000) / 1000 : value

function whyAnswer(why: GroupWhy | undefined): Answer {
  if (why === undefined) return plain(503, 'The node starts\n')
  const status = !('error' in why) ? 200 : why.error === 'NOT_COORDINATOR' ? 404 : 503
  return { status, type: 'application/json', text: `${JSON.stringify(why, rounded)}\n` }
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => resolve())
  })
}
