/** The modes topic and ping. */
import { setTimeout as delay } from 'node:timers/promises'
import { type Api, apiVersions, createTopics, type Fields, fetch, type Infer } from '../../src/protocol/index.ts'
import { readReply, requestFrame } from '../../test/wire.ts'
import { clientId, FetchFrame, fetchVersion } from './frames.ts'
import { Link } from './link.ts'
import { LoadError, type LoadOptions, parseOptions } from './options.ts'

const replyBytesMax = 1 << 20
const createVersion = 5
const retryMs = 1

/** The next reply's body. */
async function exchange(options: LoadOptions, link: Link, failed: Promise<never>, request: Buffer): Promise<Buffer> {
  const reply = new Promise<Buffer>((resolve) => {
    link.handle({ frame: (bytes, start, end) => resolve(Buffer.from(bytes.subarray(start, end))) })
  })
  link.send(request)
  const late = new AbortController()
  const { signal } = late
  const silent = delay(options.timeout * 1000, undefined, { signal }).then((): never => {
    throw new LoadError(`no reply for ${options.timeout} s`)
  })
  silent.catch(() => undefined)
  try {
    return await Promise.race([reply, failed, silent])
  } finally {
    late.abort()
  }
}

async function onLink<T>(
  options: LoadOptions,
  work: (ask: (request: Buffer) => Promise<Buffer>) => Promise<T>,
): Promise<T> {
  const { promise: failed, reject } = Promise.withResolvers<never>()
  failed.catch(() => undefined)
  const link = await Link.open(options, replyBytesMax, reject)
  try {
    return await work((request) => exchange(options, link, failed, request))
  } finally {
    link.close()
  }
}

/** Creates a topic. The leader's node may learn of it a moment later: waits until a fetch of every partition succeeds. */
export function topic(options: LoadOptions): Promise<object> {
  const { topic: name, partitions: numPartitions } = options
  return onLink(options, async (ask) => {
    const wanted = { name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }
    const request = { topics: [wanted], timeoutMs: 30_000, validateOnly: false }
    const frame = requestFrame(createTopics, { version: createVersion, request, clientId })
    const created = readReply(createTopics, await ask(frame), createVersion)
    const code = created.topics[0]?.errorCode
    if (code !== 0) throw new LoadError(`CreateTopics answered error ${code}`)
    const endMs = performance.now() + options.timeout * 1000
    for (let partition = 0; partition < numPartitions; partition++) {
      const asking = new FetchFrame(options, partition, 0).at(0)
      while (!isLed(readReply(fetch, await ask(asking), fetchVersion))) {
        if (performance.now() > endMs) throw new LoadError(`partition ${partition} has no leader`)
        await delay(retryMs)
      }
    }
    return { mode: 'topic', topic: name, partitions: numPartitions }
  })
}

const isLed = (reply: ReplyOf<typeof fetch>): boolean =>
  reply.errorCode === 0 && reply.responses[0]?.partitions[0]?.errorCode === 0

type ReplyOf<A> = A extends Api<Fields, infer S extends Fields> ? Infer<S> : never

interface Pinging {
  readonly port: number
  readonly host?: string
  /** Of the monotonic clock. */
  readonly sinceNs: bigint
  readonly timeoutSeconds: number
}

/** Milliseconds until the first answer to ApiVersions v0. */
export async function pingFromHere({ port, host = '127.0.0.1', sinceNs, timeoutSeconds }: Pinging): Promise<number> {
  const options = parseOptions(['ping', `port=${port}`, `host=${host}`, 'timeout=1'])
  const request = requestFrame(apiVersions, { version: 0, request: {}, clientId })
  for (;;) {
    const isThere = await onLink(options, async (ask) => {
      return readReply(apiVersions, await ask(request), 0).errorCode === 0
    }).catch(() => false)
    const ms = Number(process.hrtime.bigint() - sinceNs) / 1e6
    if (isThere) return ms
    if (ms > timeoutSeconds * 1000) throw new LoadError(`no answer in ${timeoutSeconds} s`)
    await delay(retryMs)
  }
}

export async function ping({ port, host, since, timeout: timeoutSeconds }: LoadOptions): Promise<object> {
  const sinceNs = since > 0 ? BigInt(since) : process.hrtime.bigint()
  return { mode: 'ping', ms: await pingFromHere({ port, host, sinceNs, timeoutSeconds }) }
}
