/** Decides on versions, and subjects, that are to be deleted: softly first, so that they are not given out, then for good. Pure. */
import { checkWritable, type Decision } from './decision.ts'
import { RegistryError } from './registry-error.ts'
import type { RegistryRecord } from './store/registry-record.ts'
import type { RegistryState } from './store/registry-state.ts'
import type { StoredSchema } from './stored-schema.ts'
import { defaultContext, subjectText } from './subject-name.ts'

/** Where there is none. */
export function subjectNotFound(subject: string): RegistryError {
  return new RegistryError('subjectNotFound', `Subject '${subject}' not found.`)
}

export const versionNotFound = (version: number): RegistryError =>
  new RegistryError('versionNotFound', `Version ${version} not found.`)

/** Returns the number of the version. Throws RegistryError. */
export function deleteVersion(
  state: RegistryState,
  {
    subject,
    version,
    permanent,
  }: { readonly subject: string; readonly version: number | 'latest'; readonly permanent: boolean },
): Decision<number> {
  const schema = version === 'latest' ? state.latest(subject) : state.version(subject, version)
  if (schema === undefined) {
    if (!state.hasAny(subject, 'with')) throw subjectNotFound(subject)
    throw versionNotFound(version === 'latest' ? -1 : version)
  }
  if (schema.deleted && !permanent) {
    const text = `Subject '${subject}' Version ${schema.version} was soft deleted. Set permanent=true to delete permanently`
    throw new RegistryError('versionSoftDeleted', text)
  }
  checkWritable(state, subject)
  checkUnreferenced(state, schema, permanent)
  if (permanent && !schema.deleted) {
    const text = `Subject '${subject}' Version ${schema.version} was not deleted first before being permanently deleted`
    throw new RegistryError('versionNotSoftDeleted', text)
  }
  if (!permanent) {
    const value = { ...schema, deleted: true }
    return { records: [{ kind: 'schema', subject, version: schema.version, value }], reply: schema.version }
  }
  const gone: RegistryRecord = { kind: 'schema', subject, version: schema.version, value: undefined }
  const isLast = state.versions(subject).length === 1
  return { records: [gone, ...(isLast ? settingsOf(state, subject) : [])], reply: schema.version }
}

/** Returns the numbers of the versions. Throws RegistryError. */
export function deleteSubject(
  state: RegistryState,
  { subject, permanent }: { readonly subject: string; readonly permanent: boolean },
): Decision<readonly number[]> {
  if (state.versions(subject).length === 0) throw subjectNotFound(subject)
  if (!permanent && !state.hasAny(subject, 'without')) {
    const text = `Subject '${subject}' was soft deleted. Set permanent=true to delete permanently`
    throw new RegistryError('subjectSoftDeleted', text)
  }
  checkWritable(state, subject)
  const all = state.versions(subject, permanent ? 'with' : 'without')
  for (const schema of all) checkUnreferenced(state, schema, permanent, subject)
  const reply = all.map(({ version }) => version)
  if (!permanent) return { records: [{ kind: 'delete-subject', subject, version: reply.at(-1) ?? 0 }], reply }
  if (all.some(({ deleted }) => !deleted)) {
    const text = `Subject '${subject}' was not deleted first before being permanently deleted`
    throw new RegistryError('subjectNotSoftDeleted', text)
  }
  // Later ones may refer to earlier ones.
  const gone = reply
    .toReversed()
    .map((version): RegistryRecord => ({ kind: 'schema', subject, version, value: undefined }))
  return { records: [...gone, ...settingsOf(state, subject)], reply }
}

/** Throws RegistryError where something is in it. */
export function deleteContext(state: RegistryState, context: string): Decision<undefined> {
  const isEmpty = !state.hasAny(subjectText({ context, subject: '' }), 'with')
  if (!isEmpty) throw new RegistryError('contextNotEmpty', `The specified context '${context}' is not empty.`)
  const isThere = context !== defaultContext && state.hasContext(context)
  return { records: isThere ? [{ kind: 'context', context, isGone: true }] : [], reply: undefined }
}

/** By others than `but`. Throws RegistryError. A reference that is deleted softly may come back: it counts where the schema would be gone for good. */
export function checkUnreferenced(state: RegistryState, schema: StoredSchema, permanent: boolean, but?: string): void {
  const users = state.referrers(schema, permanent ? 'with' : 'without').filter(({ subject }) => subject !== but)
  if (users.length === 0) return
  const { subject, version } = schema
  const who = users.map((it) => `version ${it.version} of '${it.subject}'`).join(', ')
  throw new RegistryError(
    'referenceExists',
    `One or more references exist to version ${version} of '${subject}': ${who}`,
  )
}

/** What was set for a subject goes with its last version. */
function settingsOf(state: RegistryState, subject: string): RegistryRecord[] {
  const records: RegistryRecord[] = []
  if (state.mode(subject) !== undefined) records.push({ kind: 'mode', subject, value: undefined })
  if (state.config(subject) !== undefined) records.push({ kind: 'config', subject, value: undefined })
  return records
}
