/** Under which subject a schema is registered: by the topic, by the record that it describes, or by both. */

export interface SubjectOf {
  readonly topic: string
  readonly isKey: boolean
  /** In full, of the record or message; undefined where the schema has none. */
  readonly recordName: string | undefined
}

export type SubjectNameStrategy = 'topic' | 'record' | 'topic-record' | ((of: SubjectOf) => string)

/** Throws TypeError where the schema has no name, and one is needed. */
export function subjectName(strategy: SubjectNameStrategy, of: SubjectOf): string {
  if (typeof strategy === 'function') return strategy(of)
  const { topic, isKey, recordName } = of
  if (strategy === 'topic') return `${topic}-${isKey ? 'key' : 'value'}`
  if (recordName === undefined) throw new TypeError(`subjects by '${strategy}' need a schema that has a name`)
  return strategy === 'record' ? recordName : `${topic}-${recordName}`
}
