/** A schema registry: what it knows, and the writes to it, one after the other. */
import type { Clock, JobRunner } from '../base/index.ts'
import { type ConfigChange, changeConfig, changeMode, deleteConfig, deleteMode } from './configuration.ts'
import type { Decision } from './decision.ts'
import { deleteContext, deleteSubject, deleteVersion } from './deletion.ts'
import type { SchemaFormat } from './formats/format.ts'
import { contradiction, isAmong } from './leader/contradiction.ts'
import { alone, type Leadership, type Term } from './leader/leadership.ts'
import { type RegisterRequest, Registration } from './registration.ts'
import { RegistryError } from './registry-error.ts'
import { SchemaParser } from './schema-parser.ts'
import type { CompatibilityLevel, Config, Mode } from './settings.ts'
import type { RegistryLog, Replay } from './store/registry-log.ts'
import type { RegistryRecord } from './store/registry-record.ts'
import { RegistryState } from './store/registry-state.ts'
import type { StoredSchema } from './stored-schema.ts'

export interface RegistryOptions {
  readonly clock: Clock
  /** In the order in which they are told. */
  readonly formats: readonly SchemaFormat[]
  /** Where schemas are read and compared that are not small: it does `schemaJobs`. */
  readonly thread: JobRunner
  readonly logOf: (replay: Replay) => RegistryLog
  /** Whether this instance may write. Default: nobody else is there. */
  readonly leadership?: Leadership
  /** Which schemas may follow one another, where nothing else was set. Default BACKWARD. */
  readonly compatibilityLevel?: CompatibilityLevel
}

type Decide<Reply> = () => Decision<Reply> | Promise<Decision<Reply>>

/** Also where it is refused. */
async function outcomeOf<Reply>(decide: Decide<Reply>) {
  try {
    return { decision: await decide() }
  } catch (error) {
    return { error }
  }
}

const attemptsMax = 10
const waitingMax = 1000
const waitMsMax = 30_000

export class Registry {
  readonly state: RegistryState
  readonly parser: SchemaParser
  readonly registration: Registration
  readonly #clock: Clock
  readonly #log: RegistryLog
  readonly #leadership: Leadership
  /** In which all is known that was written before it. */
  #knownTerm: Term | undefined
  /** Of the write before. */
  #written: Promise<unknown> = Promise.resolve()
  /** Of that which is on its way to the log. */
  #appended: Promise<unknown> = Promise.resolve()
  /** Behind that which is being done. */
  #waiting = 0
  /** On its way to the log, and back. */
  #writing: readonly RegistryRecord[] = []
  /** It is not known whether what was written last is kept. */
  #isUnsure = false

  constructor({ clock, formats, thread, logOf, leadership = alone, compatibilityLevel }: RegistryOptions) {
    const state = new RegistryState(compatibilityLevel)
    this.state = state
    this.#leadership = leadership
    this.#clock = clock
    this.parser = new SchemaParser(state, { formats, thread, clock })
    this.registration = new Registration(state, this.parser)
    this.#log = logOf((record) => {
      if (this.#becomesAnother(record)) this.parser.forget()
      return this.#replayed(record)
    })
  }

  /** Resolves when all is known that was written before. Rejects with KafkaError, or RegistryError. */
  open(): Promise<void> {
    return this.#log.open()
  }

  close(): Promise<void> {
    return this.#log.close()
  }

  get leads(): boolean {
    return this.#leadership.term !== undefined
  }

  /** Resolves when all is known that was written before, by whomever. Rejects with RegistryError. */
  catchUp(): Promise<void> {
    return this.#log.catchUp()
  }

  /** A version is gone for good, and may come back as another one, or is another one at once. */
  #becomesAnother(record: RegistryRecord): boolean {
    if (record.kind !== 'schema') return record.kind === 'clear-subject'
    const before = this.state.version(record.subject, record.version)
    return record.value === undefined || (before !== undefined && before.guid !== record.value.guid)
  }

  /** Resolves when nothing is on its way to the log any more. */
  async written(): Promise<void> {
    await this.#appended
  }

  /** What registering would find, if it would write nothing. Rejects with RegistryError. */
  async registered(request: RegisterRequest): Promise<StoredSchema | undefined> {
    return this.registration.there(request)
  }

  /** Returns it as it has been read back. */
  async register(request: RegisterRequest): Promise<StoredSchema> {
    const wanted = await this.#write(() => this.registration.register(request, this.#clock.now()))
    const { subject, version, id, guid } = wanted
    const kept = this.state.version(subject, version)
    if (kept?.guid === guid && kept.id === id) return kept
    throw new RegistryError(
      'store',
      `Another registry has written version ${version} of '${subject}', or id ${id}, at the same time`,
    )
  }

  deleteVersion(request: Parameters<typeof deleteVersion>[1]): Promise<number> {
    return this.#write(() => deleteVersion(this.state, request))
  }

  deleteSubject(request: Parameters<typeof deleteSubject>[1]): Promise<readonly number[]> {
    return this.#write(() => deleteSubject(this.state, request))
  }

  deleteContext(context: string): Promise<undefined> {
    return this.#write(() => deleteContext(this.state, context))
  }

  changeConfig(subject: string | undefined, change: ConfigChange): Promise<Config> {
    return this.#write(() => changeConfig(this.state, subject, change))
  }

  deleteConfig(subject: string | undefined): Promise<Config> {
    return this.#write(() => deleteConfig(this.state, subject))
  }

  changeMode(subject: string | undefined, change: Parameters<typeof changeMode>[2]): Promise<Mode | null> {
    return this.#write(() => changeMode(this.state, subject, change))
  }

  deleteMode(subject: string | undefined): Promise<Mode> {
    return this.#write(() => deleteMode(this.state, subject))
  }

  /** Who decides sees all that was written before, and is alone in deciding. Rejects with RegistryError. */
  #write<Reply>(decide: Decide<Reply>): Promise<Reply> {
    if (this.#waiting >= waitingMax) {
      return Promise.reject(new RegistryError('timedOut', `${waitingMax} writes wait already`))
    }
    this.#waiting++
    const sinceMs = this.#clock.monotonic()
    const written = this.#written.then(async () => {
      this.#waiting--
      // Whoever has asked has given up, and may have asked again.
      if (this.#clock.monotonic() - sinceMs > waitMsMax) {
        throw new RegistryError('timedOut', `The write has waited for others for ${waitMsMax} ms, and was not done`)
      }
      const { term, records, reply } = await this.#decided(decide)
      if (this.#leadership.term !== term || term.sureMs < this.#log.appendMsMax) {
        // Another instance might decide before this write has reached the log.
        throw new RegistryError('unknownLeader', 'Leader not known: this instance has not heard from the group in time')
      }
      if (records.length === 0) return reply
      this.#isUnsure = true
      this.#writing = records
      const appended = this.#log.append(records)
      this.#appended = appended.catch(() => undefined)
      await appended
      if (term.sureMs === 0) {
        const text = 'This instance may have ceased to lead while it was writing: whether it was kept is not known'
        throw new RegistryError('store', text)
      }
      this.#isUnsure = false
      return reply
    })
    this.#written = written.catch(() => undefined)
    return written
  }

  /** As long as it takes to decide, as schemas are compared, others may write: then it is decided anew. */
  async #decided<Reply>(decide: Decide<Reply>): Promise<Decision<Reply> & { readonly term: Term }> {
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const term = await this.#caughtUp()
      const { changes } = this.state
      const decided = await outcomeOf(decide)
      if (this.state.changes !== changes || this.#leadership.term !== term) continue
      if ('error' in decided) throw decided.error
      return { ...decided.decision, term }
    }
    throw new RegistryError('timedOut', `Others have written ${attemptsMax} times while this was decided on`)
  }

  /** Returns why it is not taken. */
  #replayed(record: RegistryRecord): string | undefined {
    const { state } = this
    if (record.kind !== 'schema') return state.replay(record)
    const before = state.version(record.subject, record.version)
    const why = state.replay(record)
    const { term } = this.#leadership
    // In a term in which this instance has not decided on anything yet there is nothing to contradict.
    if (term === undefined || term !== this.#knownTerm) return why
    const isOwn = isAmong(this.#writing, record)
    const anew = contradiction({ record, before, isRefused: why !== undefined, isOwn }, state)
    if (anew === undefined) return why
    // Where that fails the next leader is not told of it; whoever has written it was told that it may be lost.
    this.#write(anew).catch(() => undefined)
    return why ?? `it came too late from who leads no more: version ${record.version} is written anew as it was`
  }

  /** Who leads anew reads first what others have written, and so does who does not know what became of its last write. */
  async #caughtUp(): Promise<Term> {
    const { term } = this.#leadership
    if (term === undefined) throw new RegistryError('unknownLeader', 'Leader not known: this instance leads no more')
    if (this.#isUnsure || term !== this.#knownTerm) await this.#log.catchUp()
    // What the leader of before has written is known now.
    this.#knownTerm = term
    this.#isUnsure = false
    if (this.#leadership.term === term) return term
    throw new RegistryError('unknownLeader', 'Leader not known: this instance leads no more')
  }
}
