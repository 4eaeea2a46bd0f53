/** `schemas export`: all versions of subjects, with what is set for these, as files. The index comes last: without it there is no export. */
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DiskError } from '../../base/index.ts'
import { eachAtMostEight } from '../registry-client/at-most.ts'
import type { RegistryCalls, SubjectVersion } from '../registry-client/registry-calls.ts'
import { printable } from '../table.ts'
import { asDiskError } from '../text-file.ts'
import type { Asked } from './actions.ts'
import { type ExportedSchema, type ExportedSetting, FileNames, indexName, indexText } from './export-index.ts'
import { contextOf, placeText, withReferences } from './references.ts'

/** Throws DiskError where something is there. */
async function makeEmptyDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true })
    if ((await readdir(directory)).length === 0) return
  } catch (error) {
    throw asDiskError(error, directory)
  }
  throw new DiskError('ENOTEMPTY', directory, `${directory} is not empty: an export has a directory of its own`)
}

/** A file that is there already, or a link, is not written over. Throws DiskError. */
async function writeNew(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' })
  } catch (error) {
    throw asDiskError(error, path)
  }
}

type Kept = SubjectVersion & { readonly deleted: boolean }

/** Also the softly deleted ones: records may have been written with them. */
async function allVersions(registry: RegistryCalls): Promise<Kept[]> {
  const all = await registry.schemas({ deleted: true })
  const isTold = all.every(({ deleted }) => deleted !== undefined)
  const kept = new Set(isTold ? [] : (await registry.schemas({})).map(placeText))
  return all.map((it) => ({ ...it, deleted: it.deleted ?? !kept.has(placeText(it)) }))
}

/** With those that they refer to. */
async function wantedVersions(registry: RegistryCalls, prefix: string): Promise<Kept[]> {
  const all = await allVersions(registry)
  if (prefix === '') return all
  const bare = (subject: string): string =>
    prefix.startsWith(':.') ? subject : subject.slice(contextOf(subject).length)
  return withReferences(
    all,
    all.filter(({ subject }) => bare(subject).startsWith(prefix)),
  )
}

/** Of `null`, which is all, there is always something. */
async function settings<T>(
  scopes: readonly (string | null)[],
  read: (scope: string | undefined) => Promise<T | undefined>,
): Promise<ExportedSetting<T>[]> {
  const found = await eachAtMostEight(scopes, async (subject) => ({ subject, value: await read(subject ?? undefined) }))
  return found.flatMap(({ subject, value }) => (value === undefined ? [] : [{ subject, value }]))
}

export async function exportAll({ registry, names: [directory = ''], given, show }: Asked): Promise<undefined> {
  const prefix = given.text('prefix') ?? ''
  await makeEmptyDirectory(directory)
  const versions = await wantedVersions(registry, prefix)
  const subjects = [...new Set(versions.map(({ subject }) => subject))]
  const contexts = [...new Set(subjects.map(contextOf))].filter((it) => it !== '')
  const isAll = prefix === '' && registry.context === ''
  const configs = await settings([...(isAll ? [null] : []), ...contexts, ...subjects], (it) => registry.config(it))
  const modes = await settings(subjects, (it) => registry.mode(it))
  const names = new FileNames()
  const schemas = versions.map(({ writtenMs: _, schema: text, ...it }) => {
    const { file, ...entry }: ExportedSchema = { ...it, file: names.of(it) }
    return { text, entry: { file, ...entry } }
  })
  await eachAtMostEight(schemas, ({ text, entry }) => writeNew(join(directory, entry.file), text))
  const index = { schemas: schemas.map(({ entry }) => entry), configs, modes }
  await writeNew(join(directory, indexName), indexText(index))
  show({
    text: `subjects in ${printable(directory)}: ${subjects.length}, versions: ${versions.length}\n`,
    data: { directory, versions: versions.length, subjects: subjects.length },
  })
}
