/** Decides on what is set for a subject, for a context, or for all (subject undefined). Pure. */
import { checkWritable, type Decision } from './decision.ts'
import { checkUnreferenced, subjectNotFound } from './deletion.ts'
import { compact } from './json-fields.ts'
import { RegistryError } from './registry-error.ts'
import { type Config, defaultMode, type Mode } from './settings.ts'
import type { RegistryRecord } from './store/registry-record.ts'
import type { RegistryState } from './store/registry-state.ts'

/** Null takes one back. */
export type ConfigChange = { readonly [K in keyof Config]?: Config[K] | null }

/** Returns all that is set now. Throws RegistryError. */
export function changeConfig(
  state: RegistryState,
  subject: string | undefined,
  change: ConfigChange,
): Decision<Config> {
  checkWritable(state, subject ?? '')
  const merged = { ...state.config(subject), ...change }
  const value: Config = compact(Object.fromEntries(Object.entries(merged).map(([name, it]) => [name, it ?? undefined])))
  return { records: [{ kind: 'config', subject, value }], reply: value }
}

/** Returns what was set. Throws RegistryError. */
export function deleteConfig(state: RegistryState, subject: string | undefined): Decision<Config> {
  const before = state.config(subject)
  if (subject !== undefined && before === undefined) throw subjectNotFound(subject)
  checkWritable(state, subject ?? '')
  const reply = { compatibilityLevel: state.level, ...before }
  return { records: [{ kind: 'config', subject, value: undefined }], reply }
}

/** Null takes it back. Throws RegistryError. */
export function changeMode(
  state: RegistryState,
  subject: string | undefined,
  { mode, force }: { readonly mode: Mode | null; readonly force: boolean },
): Decision<Mode | null> {
  const scope = subject ?? ''
  const records: RegistryRecord[] = []
  if (mode === 'IMPORT' && state.modeInScope(subject) !== 'IMPORT' && !force) {
    if (state.hasAny(scope, 'without'))
      throw new RegistryError('notPermitted', 'Cannot import since found existing subjects')
    for (const schema of state.below(scope, 'with')) {
      checkUnreferenced(state, schema, true)
      records.push({ kind: 'schema', subject: schema.subject, version: schema.version, value: undefined })
    }
    records.push({ kind: 'clear-subject', subject: scope })
  }
  records.push({ kind: 'mode', subject, value: mode ?? undefined })
  return { records, reply: mode }
}

/** Returns what was set. Throws RegistryError. */
export function deleteMode(state: RegistryState, subject: string | undefined): Decision<Mode> {
  const before = state.mode(subject)
  if (subject !== undefined && before === undefined) throw subjectNotFound(subject)
  return { records: [{ kind: 'mode', subject, value: undefined }], reply: before ?? defaultMode }
}
