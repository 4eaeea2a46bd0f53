/** What a write comes to: records, and what its caller is told when they are kept. */
import { RegistryError } from './registry-error.ts'
import { isReadOnly } from './settings.ts'
import type { RegistryRecord } from './store/registry-record.ts'
import type { RegistryState } from './store/registry-state.ts'
import { contextOf } from './subject-name.ts'

export interface Decision<Reply> {
  /** In order. */
  readonly records: readonly RegistryRecord[]
  readonly reply: Reply
}

/** Throws RegistryError. */
export function checkWritable(state: RegistryState, subject: string): void {
  if (!isReadOnly(state.modeInScope(subject))) return
  throw new RegistryError('notPermitted', `Subject ${subject} in context ${contextOf(subject)} is in read-only mode`)
}
