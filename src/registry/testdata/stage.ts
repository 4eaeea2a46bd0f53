/**
 * A registry whose log is a list, and its HTTP interface without a port. Its one format, in the place of Avro, is of words: a schema is
 * a list of them, a reader reads what was written with words that it has all of. `!` is no word.
 */
import type { InjectOptions } from 'fastify'
import { type JobHost, present } from '../../base/index.ts'
import { ManualClock } from '../../server/handlers/handler-fixture.ts'
import { type Incompatibility, InvalidSchemaError, type ParsedSchema, type SchemaFormat } from '../formats/format.ts'
import { httpServer } from '../http/http-server.ts'
import type { Leadership } from '../leader/leadership.ts'
import { Registry } from '../registry.ts'
import { schemaJobs } from '../schema-work.ts'
import { decodeRecord, type EncodedRecord, encodeRecord, type RegistryRecord } from '../store/registry-record.ts'
import type { Replay } from '../store/registry-log.ts'

class Words implements ParsedSchema {
  readonly type = 'AVRO'
  readonly name = undefined
  readonly words: readonly string[]

  constructor(words: readonly string[]) {
    this.words = words
  }

  get canonical(): string {
    return this.words.join(' ')
  }

  get normalized(): string {
    return this.words.toSorted().join(' ')
  }

  incompatibilities(writer: ParsedSchema): readonly Incompatibility[] {
    if (!(writer instanceof Words)) return [{ type: 'TYPE', description: 'another format', additionalInfo: '' }]
    const missing = writer.words.filter((word) => !this.words.includes(word))
    return missing.map((word) => ({ type: 'WORD_MISSING', description: `'${word}' is not known`, additionalInfo: word }))
  }
}

const words: SchemaFormat = {
  type: 'AVRO',
  quickLengthMax: 0,
  parse({ text, references }) {
    const all = text.split(/\s+/).filter((word) => word !== '')
    if (all.includes('!')) throw new InvalidSchemaError("'!' is no word")
    const wanted = all.filter((word) => word.startsWith('@')).find((word) => references.every(({ name }) => `@${name}` !== word))
    if (wanted !== undefined) throw new InvalidSchemaError(`'${wanted}' is not referred to`)
    return new Words(all)
  },
}

const noHost: JobHost = {
  readSync: () => 0,
  writeSync: () => 0,
}

export interface Reply {
  readonly status: number
  readonly body: unknown
  readonly contentType: string
}

export function registryStage(kept: readonly EncodedRecord[] = [], leadership?: Leadership) {
  const log: EncodedRecord[] = [...kept]
  const left: string[] = []
  const failures: Error[] = []
  const clock = new ManualClock()
  const jobs = schemaJobs([words])
  let written: (record: EncodedRecord) => void = () => undefined
  let catchUpCount = 0
  const hooks = { caughtUp: (): void => undefined, appending: (): unknown => undefined, working: (_job: string): unknown => undefined }
  const registry = new Registry({
    clock,
    formats: [words],
    thread: {
      async run(name, input) {
        await hooks.working(name)
        return present(jobs.get(name), name)(input, noHost)
      },
    },
    ...(leadership && { leadership }),
    logOf(replay: Replay) {
      const again = (record: EncodedRecord): void => {
        const decoded = decodeRecord({
          key: Buffer.from(record.key),
          value: record.value === null ? null : Buffer.from(record.value),
          timestampMs: 1000,
        })
        const why = decoded && replay(decoded)
        if (why !== undefined) left.push(why)
      }
      written = (record) => {
        log.push(record)
        again(record)
      }
      return {
        appendMsMax: 1000,
        open: async () => log.forEach(again),
        async append(records: readonly RegistryRecord[]) {
          const failure = failures.shift()
          if (failure !== undefined) throw failure
          await hooks.appending()
          records.map(encodeRecord).forEach(written)
        },
        catchUp: async () => {
          catchUpCount++
          hooks.caughtUp()
        },
        close: async () => undefined,
      }
    },
  })
  const logger = { child: () => logger, log: () => undefined }
  const server = httpServer({ registry, logger, clusterId: 'cluster', version: '1' })

  const ask = async (method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: unknown): Promise<Reply> => {
    const asked: InjectOptions = { method, url }
    if (body !== undefined) {
      asked.payload = typeof body === 'string' ? body : JSON.stringify(body)
      asked.headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' }
    }
    const { statusCode, body: text, headers } = await server.inject(asked)
    return { status: statusCode, body: parsed(text), contentType: String(headers['content-type']) }
  }

  return {
    registry,
    log,
    left,
    failures,
    /** As by another instance. */
    write: (record: RegistryRecord) => written(encodeRecord(record)),
    catchUps: () => catchUpCount,
    /** Called whenever all was read that was written before. */
    caughtUp(hook: () => void) {
      hooks.caughtUp = hook
    },
    /** Called before records are appended. */
    appending(hook: () => unknown) {
      hooks.appending = hook
    },
    /** Called, and waited for, before each job of the thread in which schemas are read, with its name. */
    working(hook: (job: string) => unknown) {
      hooks.working = hook
    },
    ask,
    get: (url: string) => ask('GET', url),
    post: (url: string, body?: unknown) => ask('POST', url, body),
    put: (url: string, body?: unknown) => ask('PUT', url, body),
    delete: (url: string) => ask('DELETE', url),
    /** Registers, and returns the body of the answer. */
    async register(subject: string, schema: string, more: object = {}): Promise<unknown> {
      return (await ask('POST', `/subjects/${encodeURIComponent(subject)}/versions`, { schema, ...more })).body
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
