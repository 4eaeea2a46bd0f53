/**
 * What somebody who leads no more has written too late: a process that was held up between its decision and the sending of it, or a
 * request that was held up on its way. Who leads has decided otherwise meanwhile, and has told so: it writes anew how it is, for of two
 * records of one version the later one stays, and of two with one id the one that is read first counts. Pure.
 */
import type { Decision } from '../decision.ts'
import type { RegistryRecord } from '../store/registry-record.ts'
import type { RegistryState } from '../store/registry-state.ts'
import type { StoredSchema } from '../stored-schema.ts'

type SchemaRecord = Extract<RegistryRecord, { readonly kind: 'schema' }>

export interface Replayed {
  readonly record: SchemaRecord
  /** Of that version, what there was before it. */
  readonly before: StoredSchema | undefined
  /** It was not taken. */
  readonly isRefused: boolean
  /** Who leads has written it. */
  readonly isOwn: boolean
}

/** Undefined: it contradicts nothing. Else what is to be written, by the time that it comes to it. */
export function contradiction(replayed: Replayed, state: RegistryState): (() => Decision<undefined>) | undefined {
  const { record, before, isRefused, isOwn } = replayed
  const { kind, subject, version, value } = record
  const anew = (schema: StoredSchema | undefined): Decision<undefined> => ({
    ...{ records: [{ kind, subject, version, value: schema }], reply: undefined },
  })
  // Nobody knows it; but who reads the topic anew, without what stood before it, would.
  if (isRefused) return () => anew(state.version(subject, version))
  if (isOwn || before === undefined || value === undefined || isSame(before, value)) return undefined
  return () => (state.version(subject, version) === value ? anew(before) : { records: [], reply: undefined })
}

const isSame = (a: StoredSchema, b: StoredSchema): boolean => a.id === b.id && a.guid === b.guid

/** One of those that are being written now, come back. */
export const isAmong = (records: readonly RegistryRecord[], { subject, version, value }: SchemaRecord): boolean =>
  records.some(
    (it) =>
      it.kind === 'schema' &&
      it.subject === subject &&
      it.version === version &&
      (it.value === undefined || value === undefined ? it.value === value : isSame(it.value, value)),
  )
