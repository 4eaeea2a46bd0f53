/** `SUBJECT@VERSION` on the command line. A subject may have an `@` in its name: what stands behind the last one is a version, or part of the name. */
import { UsageError } from '../usage-error.ts'
import type { VersionName } from './registry-calls.ts'

export interface Place {
  readonly subject: string
  /** Undefined: none is named. */
  readonly version: VersionName | undefined
}

export function placeOf(text: string): Place {
  const [, subject, version] = /^(.+)@(\d{1,10}|latest)$/s.exec(text) ?? []
  if (subject === undefined || version === undefined) return { subject: text, version: undefined }
  return { subject, version: versionOf(version) }
}

/** Throws UsageError. */
export function versionOf(text: string): VersionName {
  if (text === 'latest') return 'latest'
  const version = /^\d{1,10}$/.test(text) ? Number(text) : 0
  if (version > 0 && version < 2 ** 31) return version
  throw new UsageError(`'${text}' is no version: it is a number from 1 on, or latest`)
}
