/**
 * A reporter of `node:test` for what did not pass, and nothing else: what is printed of it at the end of a long run is not
 * lost among what passed behind it.
 */
import { inspect } from 'node:util'

interface Failed {
  readonly name: string
  /** It is known to fail. */
  readonly todo?: boolean | string
  readonly file?: string
  readonly details: { readonly duration_ms: number; readonly error: Error & { readonly failureType?: string } }
}

interface Event {
  readonly type: string
  readonly data: Failed
}

export default async function* failures(source: AsyncIterable<Event>): AsyncGenerator<string> {
  for await (const { type, data } of source) {
    // Whose parts have failed is told with them.
    const isTold =
      type === 'test:fail' && data.todo === undefined && data.details.error.failureType !== 'subtestsFailed'
    if (!isTold) continue
    const { duration_ms: ms, error } = data.details
    yield `✖ ${data.name} (${data.file ?? 'no file'}, ${ms.toFixed(0)} ms)\n${inspect(error.cause ?? error)}\n\n`
  }
}
