/**
 * What is done with the texts of schemas: they are read, written in another form, compared with others. It takes seconds where a schema was
 * made for that, so what is not small is done in a thread, by the jobs here; what goes in and comes out is data.
 */
import { type Clock, type Job, type JobHost, type JobRunner, present } from '../base/index.ts'
import { compatibilityErrors, type EarlierSchema } from './compatibility.ts'
import { digestOf } from './fingerprint.ts'
import { InvalidSchemaError, type ParsedSchema, type SchemaFormat, type SchemaSource } from './formats/format.ts'
import { Remembered } from './remembered.ts'
import type { CompatibilityLevel } from './settings.ts'

/** UTF-16 units, of the texts of schemas that are remembered: what is made of them takes up to 75 bytes for each (measured). */
const rememberedLengthMax = 2_000_000
/** And of what is done at once, */
const quickRememberedLengthMax = 500_000
/** with so many texts at most, */
const quickTextsMax = 10
/** and no more than this before others have their turn. */
const turnLengthMax = 8_000
/** As which each text counts that is remembered, or is sent to the thread, beside its own length. */
const textCost = 500

export interface TypedSource extends SchemaSource {
  readonly schemaType: string
}

/** The texts that are stored: `ParsedSchema` says which they are. */
export interface ReadSchema {
  readonly canonical: string
  readonly normalized: string
}

export interface Comparison {
  readonly level: CompatibilityLevel
  readonly source: TypedSource
  /** In the order of their versions. */
  readonly earlier: readonly { readonly version: number; readonly source: TypedSource }[]
}

/** What each job is given, and what it returns. */
export interface SchemaJobs {
  readonly 'schema-read': (source: TypedSource) => ReadSchema
  /** Undefined: there is no such form. */
  readonly 'schema-form': (asked: { readonly source: TypedSource; readonly form: string }) => string | undefined
  /** What hinders it from following those before, as `compatibilityErrors` tells it. */
  readonly 'schema-compare': (comparison: Comparison) => readonly string[]
}

/** An error would lose its class on the way from the thread. */
type Outcome<T> = { readonly done: T } | { readonly invalid: string }

/** They remember what they have read. */
export function schemaJobs(
  formats: readonly SchemaFormat[],
  lengthMax: number = rememberedLengthMax,
): ReadonlyMap<string, Job> {
  const work = new SchemaWork(formats, lengthMax)
  return new Map<keyof SchemaJobs, Job>([
    ['schema-read', orInvalid((input) => work.read(input as TypedSource))],
    ['schema-form', orInvalid((input) => work.form(input as Parameters<SchemaJobs['schema-form']>[0]))],
    ['schema-compare', orInvalid((input) => work.compare(input as Comparison))],
  ])
}

const orInvalid =
  (work: Job): Job =>
  (input, host): Outcome<unknown> => {
    try {
      return { done: work(input, host) }
    } catch (error) {
      if (error instanceof InvalidSchemaError) return { invalid: error.message }
      throw error
    }
  }

class SchemaWork {
  readonly #formats: ReadonlyMap<string, SchemaFormat>
  readonly #remembered: Remembered<ParsedSchema>

  constructor(formats: readonly SchemaFormat[], lengthMax: number) {
    this.#remembered = new Remembered(lengthMax)
    this.#formats = new Map(formats.map((format) => [format.type, format]))
  }

  read(source: TypedSource): ReadSchema {
    const { canonical, normalized } = this.#parsed(source)
    return { canonical, normalized }
  }

  form({ source, form }: Parameters<SchemaJobs['schema-form']>[0]): string | undefined {
    return this.#parsed(source).inForm?.(form)
  }

  compare({ level, source, earlier }: Comparison): readonly string[] {
    const parsed = this.#parsed(source)
    return compatibilityErrors(
      level,
      parsed,
      earlier.map((it) => this.#earlier(it)),
    )
  }

  #earlier({ version, source }: Comparison['earlier'][number]): EarlierSchema {
    try {
      return { version, text: source.text, parsed: this.#parsed(source) }
    } catch (cause) {
      if (!(cause instanceof InvalidSchemaError)) throw cause
      // What another registry took for a schema may be none to us.
      throw new InvalidSchemaError(`version ${version} before it cannot be read: ${cause.message}`, { cause })
    }
  }

  #parsed({ schemaType, text, references }: TypedSource): ParsedSchema {
    const key = digestOf(JSON.stringify([schemaType, references, text]))
    const known = this.#remembered.get(key)
    if (known !== undefined) return known
    const format = this.#formats.get(schemaType)
    if (format === undefined) throw new RangeError(`there is no format ${schemaType}`)
    const parsed = format.parse({ text, references })
    this.#remembered.set(key, parsed, costOf({ schemaType, text, references }))
    return parsed
  }
}

export interface SchemaWorkersOptions {
  /** In the order in which they are told. */
  readonly formats: readonly SchemaFormat[]
  /** Does `schemaJobs` of them. */
  readonly thread: JobRunner
  readonly clock: Pick<Clock, 'afterDrain'>
}

/** Does at once what is done soon, and leaves the rest to the thread. */
export class SchemaWorkers {
  readonly #jobs: ReadonlyMap<string, Job>
  readonly #quickLengths: ReadonlyMap<string, number>
  readonly #thread: JobRunner
  readonly #clock: Pick<Clock, 'afterDrain'>
  /** Done in this turn of the event loop. */
  #turnLength = 0
  #nextTurn: Promise<void> | undefined

  constructor({ formats, thread, clock }: SchemaWorkersOptions) {
    this.#jobs = schemaJobs(formats, quickRememberedLengthMax)
    this.#quickLengths = new Map(formats.map(({ type, quickLengthMax }) => [type, quickLengthMax]))
    this.#thread = thread
    this.#clock = clock
  }

  /** Rejects with InvalidSchemaError, or as the thread does. */
  async run<Name extends keyof SchemaJobs>(
    name: Name,
    input: Parameters<SchemaJobs[Name]>[0],
  ): Promise<ReturnType<SchemaJobs[Name]>> {
    const outcome = (await (this.#isQuick(input)
      ? this.#atOnce(name, input)
      : this.#thread.run(name, input))) as Outcome<ReturnType<SchemaJobs[Name]>>
    if ('invalid' in outcome) throw new InvalidSchemaError(outcome.invalid)
    return outcome.done
  }

  #isQuick(input: JobInput): boolean {
    const sources = sourcesOf(input)
    if (sumOf(sources, textsIn) > quickTextsMax) return false
    const length = sumOf(sources, lengthOf)
    return sources.every(({ schemaType }) => length <= (this.#quickLengths.get(schemaType) ?? 0))
  }

  /** Of many that are asked for one after the other each few have a turn: a promise that is kept at once gives none to others. */
  async #atOnce(name: string, input: JobInput): Promise<unknown> {
    const length = sumOf(sourcesOf(input), lengthOf)
    while (this.#turnLength > 0 && this.#turnLength + length > turnLengthMax) {
      this.#nextTurn ??= new Promise((resolve) =>
        this.#clock.afterDrain(() => {
          this.#turnLength = 0
          this.#nextTurn = undefined
          resolve()
        }),
      )
      await this.#nextTurn
    }
    this.#turnLength += length
    return present(this.#jobs.get(name), name)(input, noHost)
  }
}

/** They think, and nothing else. */
const noHost: JobHost = { readSync: () => 0, writeSync: () => 0 }

type JobInput = Parameters<SchemaJobs[keyof SchemaJobs]>[0]

const sourcesOf = (input: JobInput): readonly TypedSource[] => {
  if ('earlier' in input) return [input.source, ...input.earlier.map(({ source }) => source)]
  return ['source' in input ? input.source : input]
}

/** UTF-16 units, with what it refers to. */
const lengthOf = ({ text, references }: TypedSource): number =>
  references.reduce((length, it) => length + it.text.length, text.length)

const textsIn = ({ references }: TypedSource): number => 1 + references.length

/** Of being kept, or sent to the thread; as UTF-16 units. */
export const costOf = (source: TypedSource): number => lengthOf(source) + textCost * textsIn(source)

const sumOf = (sources: readonly TypedSource[], of: (source: TypedSource) => number): number =>
  sources.reduce((sum, source) => sum + of(source), 0)
