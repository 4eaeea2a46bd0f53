/** `schemas list` and `versions`: what there is, in tables. */

import { eachAtMostEight } from '../registry-client/at-most.ts'
import { code, type RegistryCalls, type SubjectVersion, unless } from '../registry-client/registry-calls.ts'
import { printable } from '../table.ts'
import type { Asked } from './actions.ts'

interface ListedSubject {
  readonly subject: string
  readonly schemaType: string
  readonly versions: number
  /** Of these. */
  readonly deletedVersions?: number
  readonly newestVersion: number
  readonly newestId: number
  /** In force, whoever it is from. */
  readonly compatibility: string
}

/** The newest version of each subject that has a version of this kind. */
async function newestOfAll(registry: RegistryCalls, prefix: string, deleted: boolean): Promise<SubjectVersion[]> {
  const all = await registry.schemas({ prefix, deleted, latestOnly: true })
  // Of a registry that lists each version, whatever it is asked for.
  return [...new Map(all.map((it) => [it.subject, it])).values()]
}

async function listed(registry: RegistryCalls, newest: SubjectVersion, deleted: boolean): Promise<ListedSubject> {
  const { subject, schemaType, version, id } = newest
  const goneCodes = [code.subjectNotFound, code.subjectSoftDeleted]
  const versionsOf = async (withDeleted: boolean): Promise<number> =>
    (await unless(goneCodes, () => registry.versions(subject, { deleted: withDeleted })))?.length ?? 0
  const [versions, kept, config] = await Promise.all([
    versionsOf(deleted),
    deleted ? versionsOf(false) : undefined,
    registry.configInForce(subject),
  ])
  return {
    ...{ subject, schemaType, versions },
    ...(kept !== undefined && { deletedVersions: versions - kept }),
    ...{ newestVersion: version, newestId: id, compatibility: String(config['compatibilityLevel'] ?? '') },
  }
}

export async function list({ registry, given, show }: Asked): Promise<undefined> {
  const deleted = given.has('deleted')
  const newest = await newestOfAll(registry, given.text('prefix') ?? '', deleted)
  const data = await eachAtMostEight(newest, (it) => listed(registry, it, deleted))
  const rows = data.map((it) => [
    ...[printable(it.subject), printable(it.schemaType), String(it.versions)],
    ...(deleted ? [String(it.deletedVersions)] : []),
    ...[String(it.newestVersion), String(it.newestId), printable(it.compatibility)],
  ])
  const head = ['SUBJECT', 'TYPE', 'VERSIONS', ...(deleted ? ['DELETED'] : []), 'NEWEST', 'ID', 'COMPATIBILITY']
  show({ rows: [head, ...rows], data })
}

export const timeText = (ms: number | undefined): string => (ms === undefined ? '-' : new Date(ms).toISOString())

export async function versions({ registry, names: [subject = ''], given, show }: Asked): Promise<undefined> {
  const deleted = given.has('deleted')
  const numbers = await registry.versions(subject, { deleted })
  const kept = deleted ? ((await unless([code.subjectNotFound], () => registry.versions(subject))) ?? []) : numbers
  const all = await eachAtMostEight(numbers, (version) => registry.version(subject, version, { deleted }))
  const data = all.map(({ schema: _, ...it }) => ({ ...it, deleted: !kept.includes(it.version) }))
  const rows = data.map((it) => [
    ...[String(it.version), String(it.id), printable(it.schemaType), printable(it.guid ?? '-')],
    ...[timeText(it.writtenMs), ...(deleted ? [it.deleted ? 'yes' : 'no'] : [])],
  ])
  const head = ['VERSION', 'ID', 'TYPE', 'GUID', 'WRITTEN', ...(deleted ? ['DELETED'] : [])]
  show({ rows: [head, ...rows], data })
}
