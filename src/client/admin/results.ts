/** What calls about many things give: all of them, or an error that has what became of each. */
import { ErrorCode } from '../../protocol/index.ts'
import { KafkaError } from '../kafka-error.ts'

/** Some of the things that a call was about failed. `code` and `isRetriable` are those of the first that did. */
export class SomeFailedError extends KafkaError {
  /** What became of each, by the keys that the call gives its results by. */
  readonly results: ReadonlyMap<string, unknown>

  constructor(results: ReadonlyMap<string, unknown>, first: KafkaError) {
    const failed = [...results.values()].filter((it) => it instanceof KafkaError).length
    const message = results.size === 1 ? first.message : `${first.message} (${failed} of ${results.size} failed)`
    super(first.code, message, { cause: first })
    this.results = results
  }
}

/**
 * For whoever wants to see what became of each: `await settled(admin.deleteTopics(names))` gives for each name what the call gives,
 * or the KafkaError with which that one failed. Rejects as the call does where it failed as a whole.
 */
export async function settled<V>(call: Promise<ReadonlyMap<string, V>>): Promise<ReadonlyMap<string, V | KafkaError>> {
  try {
    return await call
  } catch (error) {
    if (error instanceof SomeFailedError) return error.results as ReadonlyMap<string, V | KafkaError>
    throw error
  }
}

/** Throws SomeFailedError where any has failed. */
export function allOf<V>(results: ReadonlyMap<string, V | KafkaError>): ReadonlyMap<string, V> {
  const good = new Map<string, V>()
  let first: KafkaError | undefined
  for (const [key, result] of results) {
    if (result instanceof KafkaError) first ??= result
    else good.set(key, result)
  }
  if (first !== undefined) throw new SomeFailedError(results, first)
  return good
}

/** The one that was asked for; its own error is thrown. */
export function onlyOf<V>(results: ReadonlyMap<string, V | KafkaError>): V {
  for (const result of results.values()) {
    if (result instanceof KafkaError) throw result
    return result
  }
  throw new KafkaError('UNKNOWN_SERVER_ERROR', 'nothing was answered')
}

/** Of a thing that nothing is told of but whether it failed; `what` is it, in words, and `told` what the broker says. */
export const failureOf = (errorCode: number, what: string, told: string | null = null): KafkaError | undefined =>
  errorCode === ErrorCode.NONE ? undefined : KafkaError.of(errorCode, what, told)
