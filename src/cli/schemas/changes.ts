/** `schemas register`, `check` and `delete`. */
import { exitDone, exitFailed } from '../exit-codes.ts'
import { eachAtMostEight } from '../registry-client/at-most.ts'
import {
  code,
  type RegistryCalls,
  type SchemaContent,
  unless,
  type VersionName,
} from '../registry-client/registry-calls.ts'
import { placeOf, versionOf } from '../registry-client/subject-place.ts'
import { printable } from '../table.ts'
import type { Asked } from './actions.ts'
import { givenSchema } from './given-schema.ts'
import { problemLines } from './problem-text.ts'

export async function register({ registry, names: [subject = '', path = ''], given, show }: Asked): Promise<number> {
  const content = await givenSchema(registry, path, given)
  const normalize = given.has('normalize')
  const before = (await unless([code.subjectNotFound], () => registry.versions(subject))) ?? []
  const told = await unless(incompatibleCodes, () => registry.register(subject, content, { normalize }))
  if (told === undefined) {
    const problems = (await asRegistered(registry, subject, content, normalize)).map((it) => problemText(subject, it))
    process.stderr.write(`odradek schemas: not registered: ${problems.join('')}`)
    return exitFailed
  }
  const { id, guid } = told
  // Some tell the id alone.
  const version = told.version ?? (await registry.lookUp(subject, content, { normalize })).version
  const isNew = !before.includes(version)
  const done = isNew ? 'registered' : 'was there already'
  show({
    text: `${printable(subject)} version ${version}, id ${id}: ${done}\n`,
    data: { subject, version, id, guid, isNew },
  })
  return exitDone
}

/** In the words of the registry it is one long line. */
const incompatibleCodes = [409, 40901]

interface Compared {
  /** Undefined: those that registering compares it with. */
  readonly against: VersionName | undefined
  /** Undefined: it fits. */
  readonly messages: readonly string[] | undefined
}

/** As registering would decide. A registry that cannot be asked that is asked for the versions that count. */
async function asRegistered(registry: RegistryCalls, subject: string, content: SchemaContent, normalize: boolean) {
  // A bare 404 says that nobody serves the path.
  const decided = await unless([404, 405], async () => ({
    messages: await registry.incompatibilities(subject, content, { normalize }),
  }))
  if (decided !== undefined) return [{ against: undefined, messages: decided.messages }]
  const { compatibilityLevel } = await registry.configInForce(subject)
  const isTransitive = String(compatibilityLevel).endsWith('_TRANSITIVE')
  const all = (await unless([code.subjectNotFound], () => registry.versions(subject))) ?? []
  return await withEach(registry, subject, content, { versions: isTransitive ? all : all.slice(-1), normalize })
}

function withEach(
  registry: RegistryCalls,
  subject: string,
  content: SchemaContent,
  { versions, normalize }: { readonly versions: readonly VersionName[]; readonly normalize: boolean },
): Promise<Compared[]> {
  return eachAtMostEight(versions, async (against) => ({
    against,
    messages: await registry.incompatibilities(subject, content, { against, normalize }),
  }))
}

async function compared(
  { registry, names: [subject = ''], given }: Asked,
  content: SchemaContent,
): Promise<Compared[]> {
  const against = given.text('against')
  const normalize = given.has('normalize')
  if (against === undefined) return await asRegistered(registry, subject, content, normalize)
  const all = against === 'all' ? await unless([code.subjectNotFound], () => registry.versions(subject)) : undefined
  const versions = against === 'all' ? (all ?? []) : [versionOf(against)]
  return await withEach(registry, subject, content, { versions, normalize })
}

export async function check(asked: Asked): Promise<number> {
  const { registry, names, given, show } = asked
  const [subject = '', path = ''] = names
  const against = given.text('against')
  // Before the file is read.
  if (against !== undefined && against !== 'all') versionOf(against)
  const all = await compared(asked, await givenSchema(registry, path, given))
  const bad = all.filter((it) => it.messages !== undefined)
  const isCompatible = bad.length === 0
  const text = isCompatible ? `${printable(subject)}: compatible\n` : bad.map((it) => problemText(subject, it)).join('')
  const data = {
    ...{ subject, isCompatible },
    problems: bad.map(({ against: version, messages = [] }) => ({ version, messages })),
  }
  show({ text, data })
  return isCompatible ? exitDone : exitFailed
}

function problemText(subject: string, { against, messages = [] }: Compared): string {
  const place = against === undefined ? '' : ` with version ${against}`
  const end = messages.length === 0 ? '; the registry does not say why' : ''
  return `${printable(subject)}: not compatible${place}${end}\n${problemLines(messages)}`
}

/** For good only behind a soft deletion: what of that was done is told even where the rest fails. */
export async function remove({ registry, names: [name = ''], given, show }: Asked): Promise<undefined> {
  const { subject, version } = placeOf(name)
  const permanent = given.has('permanent')
  const done: { readonly versions: readonly number[]; readonly permanent: boolean }[] = []
  const tell = (): void => {
    const lines = done.map(({ versions, permanent }) => {
      const which = `${versions.length === 1 ? 'version' : 'versions'} ${versions.join(', ')}`
      return `${printable(subject)}: ${which} deleted ${permanent ? 'for good' : 'softly'}\n`
    })
    show({ text: lines.join(''), data: { subject, done } })
  }
  try {
    if (version === undefined) await removeSubject(registry, subject, { permanent, done })
    else await removeVersion(registry, { subject, version }, { permanent, done })
  } catch (error) {
    if (done.length > 0) tell()
    throw error
  }
  tell()
}

interface Removal {
  readonly permanent: boolean
  readonly done: { readonly versions: readonly number[]; readonly permanent: boolean }[]
}

async function removeSubject(registry: RegistryCalls, subject: string, { permanent, done }: Removal): Promise<void> {
  const codes = permanent ? [code.subjectSoftDeleted] : []
  const softly = await unless(codes, () => registry.deleteSubject(subject))
  if (softly !== undefined && softly.length > 0) done.push({ versions: softly, permanent: false })
  if (permanent) done.push({ versions: await registry.deleteSubject(subject, { permanent }), permanent })
}

async function removeVersion(
  registry: RegistryCalls,
  { subject, version: wanted }: { readonly subject: string; readonly version: VersionName },
  { permanent, done }: Removal,
): Promise<void> {
  const version = wanted === 'latest' ? (await registry.version(subject, wanted)).version : wanted
  const softly = await unless(permanent ? [code.versionSoftDeleted] : [], async () => {
    await registry.deleteVersion(subject, version)
    return true
  })
  if (softly === true) done.push({ versions: [version], permanent: false })
  if (!permanent) return
  await registry.deleteVersion(subject, version, { permanent })
  done.push({ versions: [version], permanent })
}
