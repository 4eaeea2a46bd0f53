/** `schemas import`: what an export holds is registered again, with the same ids and versions. */
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { Ending } from '../client/ending.ts'
import { exitDone } from '../exit-codes.ts'
import {
  code,
  type RegistryCalls,
  type SchemaContent,
  type SubjectVersion,
  unless,
} from '../registry-client/registry-calls.ts'
import { RegistryCallError } from '../registry-client/registry-http.ts'
import { readText } from '../text-file.ts'
import type { Asked } from './actions.ts'
import { type ExportedSchema, type ExportIndex, indexName, readIndex } from './export-index.ts'
import { inImportMode } from './import-mode.ts'
import { contextOf, inOrderOfReferences, placeText } from './references.ts'

const indexBytesMax = 256 * 1024 * 1024

type Imported = ExportedSchema & SchemaContent

/** Everything is read before anything is changed. Rejects with DiskError. */
async function read(directory: string): Promise<{ readonly index: ExportIndex; readonly schemas: Imported[] }> {
  const path = join(directory, indexName)
  const index = readIndex(await readText(path, indexBytesMax), path)
  const schemas: Imported[] = []
  for (const it of inOrderOfReferences(index.schemas)) {
    schemas.push({ ...it, schema: await readText(join(directory, it.file)) })
  }
  return { index, schemas }
}

const isSame = (a: SubjectVersion, b: Imported): boolean =>
  a.id === b.id &&
  a.schemaType === b.schemaType &&
  (a.schema === b.schema || (a.guid !== undefined && a.guid === b.guid))

/** Those that are not there. Rejects with RegistryCallError where another schema has the place, or the id, of one. */
async function missing(registry: RegistryCalls, schemas: readonly Imported[]): Promise<Imported[]> {
  const there = await registry.schemas({ deleted: true })
  const byPlace = new Map(there.map((it) => [placeText(it), it]))
  const byId = new Map(there.map((it) => [`${it.id} ${contextOf(it.subject)}`, it]))
  return schemas.filter((it) => {
    const subject = it.subject.startsWith(':.') ? it.subject : registry.context + it.subject
    const same = byPlace.get(placeText({ ...it, subject }))
    // One that was deleted since comes back.
    if (same !== undefined && isSame(same, it)) return same.deleted === true && !it.deleted
    const other = same ?? byId.get(`${it.id} ${contextOf(subject)}`)
    if (other === undefined || (same === undefined && isSame(other, it))) return true
    const text = `version ${it.version} of '${it.subject}', id ${it.id}, is not imported: the registry has another schema as version ${other.version} of '${other.subject}', id ${other.id}`
    throw new RegistryCallError(text, undefined)
  })
}

async function registerOne(registry: RegistryCalls, { subject, version, id, ...content }: Imported): Promise<void> {
  const { schemaType, schema, references, metadata, ruleSet } = content
  const given = { schemaType, schema, references, metadata, ruleSet }
  const told = await registry.register(subject, given, { id, version }).catch((error: unknown) => {
    if (!(error instanceof RegistryCallError)) throw error
    const text = `version ${version} of '${subject}' is not registered: ${error.message}`
    throw new RegistryCallError(text, error.errorCode, { cause: error })
  })
  if (told.id === id && (told.version ?? version) === version) return
  const text = `version ${version} of '${subject}', id ${id}, has become version ${told.version}, id ${told.id}: does the registry know the mode IMPORT?`
  throw new RegistryCallError(text, undefined)
}

/** Behind the schemas: what is set for a subject might keep others out, and itself. What is set so already is left alone for that. */
async function setAll(registry: RegistryCalls, { configs, modes }: ExportIndex): Promise<void> {
  for (const { subject, value } of configs) {
    const scope = subject ?? undefined
    if (!isDeepStrictEqual(await registry.config(scope), value)) await registry.changeConfig(scope, value)
  }
  for (const { subject, value } of modes) {
    const scope = subject ?? undefined
    if ((await registry.mode(scope)) !== value) await registry.changeMode(scope, value)
  }
}

/** Of an import that was killed, say: nobody else sets it back. */
async function importModes(registry: RegistryCalls, schemas: readonly Imported[]): Promise<string> {
  const contexts = [...new Set(schemas.map(({ subject }) => contextOf(subject)))]
  const lines: string[] = []
  for (const context of contexts) {
    const scope = context === '' ? undefined : context
    if ((await registry.modeInForce(scope)) !== 'IMPORT') continue
    const name = scope === undefined ? '' : ` '${scope}'`
    lines.push(`the mode was IMPORT before, and is: \`odradek schemas mode${name} --set READWRITE\` ends that\n`)
  }
  return lines.join('')
}

interface Registering {
  readonly ending: Ending
  /** Where there may be others. */
  readonly force: boolean
}

/** Returns how many were registered: less than there are where it was told to end. */
async function registerAll(
  registry: RegistryCalls,
  schemas: readonly Imported[],
  { ending, force }: Registering,
): Promise<number> {
  const contexts = [...new Set(schemas.map(({ subject }) => contextOf(subject)))]
  const scopes = contexts.map((it) => (it === '' ? undefined : it))
  let count = 0
  ending.leavesBehind(
    () => `setting the mode back, which is IMPORT still; ${count} of ${schemas.length} are registered`,
  )
  return await inImportMode(registry, { scopes, force }, async () => {
    for (const it of schemas) {
      if (ending.isOver) break
      await registerOne(registry, it)
      count++
    }
    return count
  })
}

/** Who refers is deleted before what is referred to. */
async function deleteSoftly(registry: RegistryCalls, schemas: readonly Imported[]): Promise<void> {
  for (const { subject, version, deleted } of schemas.toReversed()) {
    if (deleted) await unless([code.versionSoftDeleted], () => registry.deleteVersion(subject, version))
  }
}

export async function importAll({ registry, names: [directory = ''], given, context, show }: Asked): Promise<number> {
  const { index, schemas } = await read(directory)
  const isMerged = given.has('merge')
  const left = isMerged ? await missing(registry, schemas) : schemas
  const modes = await importModes(registry, schemas)
  const ending = new Ending('schemas', context)
  let count = 0
  try {
    count = await registerAll(registry, left, { ending, force: isMerged })
    if (count === left.length) {
      await deleteSoftly(registry, schemas)
      await setAll(registry, index)
    }
  } finally {
    ending.release()
  }
  const there = schemas.length - left.length
  const text = `versions registered: ${count}${isMerged ? `, there already: ${there}` : ''}\n`
  const rest = count === left.length ? '' : `left: ${left.length - count}; import --merge goes on with them\n`
  show({
    text: text + rest + modes,
    data: { directory, registered: count, there, left: left.length - count, wasInImport: modes !== '' },
  })
  return ending.codeOver(exitDone)
}
