/**
 * A registry of several instances over one broker, each a process of its own that can be killed, and writers who register through whichever
 * instance is there, try again where that fails, and note what was acknowledged. And what must be there in the end.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type ConsumedRecord, Kafka } from '../src/stack/client.ts'
import { type RunningBroker, startBroker } from '../src/stack/index.ts'

const program = fileURLToPath(new URL('./registry-instance.ts', import.meta.url))
/** Who has got no answer by then asks another one. */
const answerMsMax = 5000
const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' }

export interface Told {
  readonly status: number
  readonly body: {
    readonly id?: number
    readonly version?: number
    readonly error_code?: number
    readonly message?: string
  }
}

interface Asked {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export async function ask(url: string, { method = 'GET', body, headers: more = {} }: Asked = {}): Promise<Told> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const signal = AbortSignal.timeout(answerMsMax)
  const reply = await fetch(url, { method, signal, headers: { ...headers, ...more }, ...sent })
  const told: Told['body'] = JSON.parse(await reply.text())
  return { status: reply.status, body: told }
}

/** Of one field: another schema by each name. */
const schemaOf = (field: string): string =>
  JSON.stringify({ type: 'record', name: 'R', fields: [{ name: field, type: 'string', default: '' }] })

export const register = (url: string, subject: string, field: string): Promise<Told> =>
  ask(`${url}/subjects/${subject}/versions`, { method: 'POST', body: { schema: schemaOf(field) } })

/** Who leads when all know each other: URLs are compared as texts. */
export const leaderOf = (urls: readonly string[]): string => urls.toSorted()[0] ?? ''

interface Instance {
  readonly url: string
  readonly process: ChildProcess
}

interface Acknowledged {
  readonly subject: string
  readonly field: string
  readonly id: number
  readonly version: number
}

export class RegistryCluster {
  readonly #broker: RunningBroker
  readonly #sessionTimeoutMs: number
  readonly #instances = new Map<string, Instance>()
  readonly #acknowledged: Acknowledged[] = []
  /** What was refused, by code; 0: nobody has answered. */
  readonly refused = new Map<number, number>()

  private constructor(broker: RunningBroker, sessionTimeoutMs: number) {
    this.#broker = broker
    this.#sessionTimeoutMs = sessionTimeoutMs
  }

  static async start(
    count: number,
    { sessionTimeoutMs }: { readonly sessionTimeoutMs: number },
  ): Promise<RegistryCluster> {
    const broker = await startBroker({ config: { 'group.min.session.timeout.ms': 100 } })
    const cluster = new RegistryCluster(broker, sessionTimeoutMs)
    await Promise.all(Array.from({ length: count }, () => cluster.add()))
    return cluster
  }

  get urls(): readonly string[] {
    return [...this.#instances.keys()]
  }

  get acknowledgedCount(): number {
    return this.#acknowledged.length
  }

  async add(): Promise<string> {
    const args = [program, this.#broker.bootstrap, String(this.#sessionTimeoutMs)]
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    const [line] = await once(child.stdout, 'data')
    const url = String(line).trim()
    this.#instances.set(url, { url, process: child })
    return url
  }

  /** Without a word to anybody. */
  async kill(url: string): Promise<void> {
    await this.#end(url, (child) => child.kill('SIGKILL'))
  }

  /** Under control: it leaves the group. */
  async stop(url: string): Promise<void> {
    await this.#end(url, (child) => child.stdin?.end('stop\n'))
  }

  /** It does nothing for so long, and knows nothing of that: as a machine that swaps, or a virtual one that is moved. */
  async hold(url: string, ms: number): Promise<void> {
    const child = this.#instances.get(url)?.process
    child?.kill('SIGSTOP')
    await sleep(ms)
    child?.kill('SIGCONT')
  }

  async #end(url: string, how: (child: ChildProcess) => void): Promise<void> {
    const child = this.#instances.get(url)?.process
    assert.ok(child !== undefined, url)
    this.#instances.delete(url)
    const ended = once(child, 'exit')
    how(child)
    await ended
  }

  /** Registers so many schemas, each through some instance that is there, until it is acknowledged. */
  async write(name: string, count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.#acknowledge(`subject-${i % 3}-of-${name}`, `${name}_${i}`, i)
  }

  async #acknowledge(subject: string, field: string, turn: number): Promise<void> {
    for (let tries = 0; ; tries++) {
      const url = this.urls[(turn + tries) % this.urls.length] ?? ''
      const told = await register(url, subject, field).catch(() => undefined)
      const { id, version, error_code: code = 0 } = told?.body ?? {}
      if (told?.status === 200 && id !== undefined && version !== undefined) {
        this.#acknowledged.push({ subject, field, id, version })
        // Who has registered it here finds it here.
        const found = await ask(`${url}/schemas/ids/${id}`).catch(() => undefined)
        if (found !== undefined) assert.equal(found.status, 200, `id ${id} at ${url}`)
        return
      }
      this.refused.set(code, (this.refused.get(code) ?? 0) + 1)
      assert.ok(tries < 200, `${subject} ${field}: ${JSON.stringify(told)}`)
      await sleep(50)
    }
  }

  /** Also by an instance that has seen nothing of it happen. */
  async check(): Promise<void> {
    const byId = new Map<number, string>()
    for (const { id, field } of this.#acknowledged) {
      assert.equal(byId.get(id) ?? field, field, `id ${id} stands for two schemas`)
      byId.set(id, field)
    }
    assert.equal(byId.size, this.#acknowledged.length, 'each schema has an id of its own')
    await this.#checkTopic()
    await this.add()
    for (const url of this.urls) {
      for (const { subject, field, id, version } of this.#acknowledged) {
        const [ofId, ofVersion] = await Promise.all([
          ask(`${url}/schemas/ids/${id}/schema`),
          ask(`${url}/subjects/${subject}/versions/${version}`),
        ])
        assert.deepEqual([ofId.status, ofVersion.status, ofVersion.body.id], [200, 200, id], `${subject} ${version}`)
        assert.ok(
          JSON.stringify(ofId.body).includes(`"${field}"`),
          `id ${id} is ${field}: ${JSON.stringify(ofId.body)}`,
        )
      }
    }
  }

  /** Nobody has written an id or a version that somebody else had given away: not even what was refused then. */
  async #checkTopic(): Promise<void> {
    const byId = new Map<number, string>()
    const byPlace = new Map<string, number>()
    for (const { key, value } of await this.#records()) {
      const { keytype, subject, version } = JSON.parse(String(key))
      if (keytype !== 'SCHEMA' || value === null) continue
      const { id, schema } = JSON.parse(String(value))
      assert.equal(byId.get(id) ?? schema, schema, `id ${id} was written for two schemas`)
      assert.equal(byPlace.get(`${subject} ${version}`) ?? id, id, `version ${version} of ${subject} was written twice`)
      byId.set(id, schema)
      byPlace.set(`${subject} ${version}`, id)
    }
  }

  async #records(): Promise<readonly ConsumedRecord<Buffer | null, Buffer | null>[]> {
    await using consumer = new Kafka({ bootstrapServers: this.#broker.bootstrap }).consumer({
      autoOffsetReset: 'earliest',
    })
    const [end = 0] = await consumer.endOffsets([{ topic: '_schemas', partition: 0 }])
    const records = []
    for await (const record of consumer.assign([{ topic: '_schemas', partition: 0 }])) {
      records.push(record)
      if (record.offset >= end - 1) break
    }
    return records
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.urls.map((url) => this.kill(url)))
    await this.#broker.stop()
  }
}
