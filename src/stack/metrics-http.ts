/** GET /metrics for Prometheus, where `odradek.metrics.listener` says so. Loaded only then. */
import { createServer, type Server } from 'node:http'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { counter, gauge, type Logger, type Metric, prometheusText } from '../base/index.ts'

export interface MetricsHttpOptions {
  readonly host: string
  readonly port: number
  readonly logger: Logger
  readonly metrics: () => readonly Metric[]
}

export interface MetricsHttp {
  readonly port: number
  close(): Promise<void>
}

/** Idle, the loop is looked at this often. */
const resolutionMs = 10

/** Rejects with the system's error when the port is taken. */
export async function serveMetrics({ host, port, logger, metrics }: MetricsHttpOptions): Promise<MetricsHttp> {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  const answer = (path: string, method: string): Answer => {
    if (path !== '/metrics') return { status: 404, text: 'There is /metrics\n' }
    if (method !== 'GET' && method !== 'HEAD') return { status: 405, text: 'GET it\n' }
    try {
      const text = prometheusText([...metrics(), ...processMetrics(delay)])
      if (method === 'GET') delay.reset()
      return { status: 200, text }
    } catch (error) {
      // Whoever only looks does not end the node.
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
      logger.log('error', 'metrics could not be read', { reason })
      return { status: 500, text: 'Metrics could not be read: see the log\n' }
    }
  }
  const server = createServer({ maxHeaderSize: 16 * 1024, requestTimeout: 10_000 }, (request, response) => {
    const [path = ''] = (request.url ?? '').split('?', 1)
    const { status, text } = answer(path, request.method ?? '')
    const type = status === 200 ? 'text/plain; version=0.0.4; charset=utf-8' : 'text/plain'
    // To a HEAD, Node sends no body.
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text)
  })
  server.maxConnections = 64
  await listening(server, host, port)
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  logger.log('info', 'metrics are served', { url: `http://${host}:${bound}/metrics` })
  return {
    port: bound,
    close: () =>
      new Promise((resolve) => {
        delay.disable()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Answer {
  readonly status: number
  readonly text: string
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => resolve())
  })
}

const nanosecondsPerSecond = 1e9

/** The histogram has the time between two looks, which is what was meant to pass and the delay. */
const delaySeconds = (nanoseconds: number): number =>
  Math.max(0, nanoseconds / nanosecondsPerSecond - resolutionMs / 1000)

/** Of the process, under the names that Prometheus's own clients use. */
function processMetrics(delay: { readonly max: number; percentile(part: number): number }): readonly Metric[] {
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  return [
    counter('process_cpu_seconds_total', 'CPU time of the process.', (user + system) / 1e6),
    gauge('process_resident_memory_bytes', 'Resident set of the process.', rss),
    gauge('nodejs_heap_size_used_bytes', 'JavaScript heap in use.', heapUsed),
    gauge(
      'nodejs_eventloop_lag_p99_seconds',
      'Delay of the event loop since the last scrape.',
      delaySeconds(delay.percentile(99)),
    ),
    gauge(
      'nodejs_eventloop_lag_max_seconds',
      'Longest delay of the event loop since the last scrape.',
      delaySeconds(delay.max),
    ),
  ]
}
