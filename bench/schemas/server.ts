/**
 * In a process of its own, as JSON in an argument: a registry over a cluster, or a plain server of `node:http` that gives a constant. Prints
 * what its start took as a line of JSON, and serves until it is ended.
 */
import { createServer } from 'node:http'
import { startRegistry } from '../../src/stack/registry.ts'

export interface ServerJob {
  readonly kind: 'registry' | 'constant'
  readonly bootstrap: string
  readonly topic: string
  /** The registry is ready when this has been answered. */
  readonly path: string
  /** Of the constant server: bytes. */
  readonly answerSize: number
}

export interface Started {
  readonly port: number
  readonly startMs: number
  readonly cpuMs: number
  /** Of the answer to `path`. */
  readonly answerSize: number
}

async function registryPort({ bootstrap, topic }: ServerJob): Promise<number> {
  return (await startRegistry({ kafka: { bootstrapServers: bootstrap }, port: 0, topic })).port
}

function constantPort({ answerSize }: ServerJob): Promise<number> {
  const body = Buffer.alloc(answerSize, 'x')
  const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json', 'content-length': String(answerSize) }
  const server = createServer((_request, response) => response.writeHead(200, headers).end(body))
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
}

const job: ServerJob = JSON.parse(process.argv[2] ?? '')
const beganMs = performance.now()
const before = process.cpuUsage()
const port = job.kind === 'registry' ? await registryPort(job) : await constantPort(job)
const answer = await fetch(`http://127.0.0.1:${port}${job.path}`)
const body = await answer.arrayBuffer()
const startMs = performance.now() - beganMs
if (!answer.ok) throw new Error(`${job.path}: ${answer.status} ${Buffer.from(body).toString()}`)
const { user, system } = process.cpuUsage(before)
const started: Started = { port, startMs, cpuMs: (user + system) / 1000, answerSize: body.byteLength }
process.stdout.write(`${JSON.stringify(started)}\n`)
