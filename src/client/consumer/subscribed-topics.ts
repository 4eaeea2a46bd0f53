/**
 * What is subscribed to: topics by their names, those whose names match, as they come and go, or a pattern that the group's coordinator
 * matches.
 */
import type { ClusterView } from '../cluster/cluster-view.ts'
import type { Metadata } from '../cluster/metadata.ts'
import { KafkaError } from '../kafka-error.ts'

/**
 * A RegExp is matched here, as JavaScript does it: anywhere in the name unless it has anchors. `pattern` is an expression of RE2/J for the
 * whole name, matched by the coordinator: of the consumer protocol alone (KIP-848).
 */
export type TopicPattern = RegExp | { readonly pattern: string }

export const isPattern = (topics: readonly unknown[] | TopicPattern): topics is TopicPattern => !Array.isArray(topics)

type TopicChoice = readonly string[] | TopicPattern

export interface SubscribedTopicsOptions {
  readonly metadata: Metadata
  /** Whether topics of the brokers' own are left out where names are matched. */
  readonly excludeInternalTopics: boolean
  /** Whether coordinators match patterns. */
  readonly hasPatterns: boolean
  /** There are others than before, or it is known now what there is. */
  readonly changed: () => void
  /** Nobody tells what there is, and asking again does not help before the application asks. */
  readonly failed: (error: unknown) => void
}

export class SubscribedTopics {
  readonly #options: SubscribedTopicsOptions
  #names: readonly string[] = []
  #expression: RegExp | undefined
  #pattern: string | null = null
  /** All topics have been told of since they are to be matched. */
  #isKnown = true
  /** It could not be found out what there is. */
  #hasFailed = false

  constructor(options: SubscribedTopicsOptions) {
    this.#options = options
    options.metadata.onChange(() => this.#look())
  }

  get names(): readonly string[] {
    return this.#names
  }

  /** For the coordinator; null: there is none. */
  get pattern(): string | null {
    return this.#pattern
  }

  /** False while it is not known what matches. */
  get isKnown(): boolean {
    return this.#isKnown
  }

  /** The application asks for records. */
  asked(): void {
    if (this.#hasFailed) this.#askAll()
  }

  /** Throws KafkaError for what makes no sense. */
  choose(choice: TopicChoice): void {
    const { metadata } = this.#options
    const { names, expression, pattern } = this.#read(choice)
    const before = this.#names
    const isOther = pattern !== this.#pattern || String(expression) !== String(this.#expression)
    this.#pattern = pattern
    this.#expression = expression
    metadata.wantAll(expression !== undefined)
    if (expression !== undefined) {
      // Until it is known what matches, the group goes on with what there was.
      if (isOther) this.#askAll()
      return
    }
    this.#isKnown = true
    this.#names = names
    if (isOther || !isSame(before, names)) this.#options.changed()
  }

  /** Nothing is subscribed to. */
  clear(): void {
    this.#names = []
    this.#expression = undefined
    this.#pattern = null
    this.#isKnown = true
    this.#hasFailed = false
    this.#options.metadata.wantAll(false)
  }

  #read(choice: TopicChoice) {
    const nothing: readonly string[] = []
    if (choice instanceof RegExp) return { names: nothing, expression: stateless(choice), pattern: null }
    const isOther = typeof choice !== 'object' || choice === null || !(Array.isArray(choice) || 'pattern' in choice)
    if (isOther) refuse("subscribe takes a list of topics, as in ['orders'], a RegExp, or { pattern }")
    if ('pattern' in choice) {
      if (!this.#options.hasPatterns) refuse("only the coordinator of groupProtocol 'consumer' matches a pattern")
      if (choice.pattern === '') refuse('the pattern of topics is empty')
      return { names: nothing, expression: undefined, pattern: choice.pattern }
    }
    if (choice.length === 0) refuse('no topics are named')
    return { names: [...new Set(choice)], expression: undefined, pattern: null }
  }

  /** What is known may be of some topics alone. */
  #askAll(): void {
    const { metadata, changed, failed } = this.#options
    const expression = this.#expression
    this.#isKnown = false
    this.#hasFailed = false
    metadata.update().then(
      () => {
        if (this.#isKnown || expression !== this.#expression) return
        this.#isKnown = true
        this.#names = this.#matching(metadata.view)
        changed()
      },
      (error: unknown) => {
        if (this.#isKnown || expression !== this.#expression) return
        this.#hasFailed = true
        failed(error)
      },
    )
  }

  /** Topics come and go. */
  #look(): void {
    if (this.#expression === undefined || !this.#isKnown) return
    const names = this.#matching(this.#options.metadata.view)
    if (isSame(names, this.#names)) return
    this.#names = names
    this.#options.changed()
  }

  #matching(view: ClusterView): readonly string[] {
    const { excludeInternalTopics } = this.#options
    return [...view.topics.values()]
      .filter(({ name, isInternal }) => !(isInternal && excludeInternalTopics) && this.#expression?.test(name) === true)
      .map(({ name }) => name)
  }
}

/** With these flags an expression goes on where it matched last. */
const stateless = ({ source, flags }: RegExp): RegExp => new RegExp(source, flags.replace(/[gy]/g, ''))

function isSame(these: readonly string[], those: readonly string[]): boolean {
  const names = new Set(those)
  return these.length === names.size && these.every((name) => names.has(name))
}

function refuse(message: string): never {
  throw new KafkaError('INVALID_ARGUMENT', message)
}
