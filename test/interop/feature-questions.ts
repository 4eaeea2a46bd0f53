/** What is asked about levels of features (KIP-584, KIP-1022) of Kafka and of the broker under test. */
import { apiVersions, updateFeatures } from '../../src/protocol/index.ts'
import { type Question, question } from './questions.ts'

const upgrade = 1
const safe = 2
const unsafe = 3
type Update = readonly [feature: string, level: number, upgradeType?: number]

interface Asked {
  readonly validateOnly?: boolean
  readonly of?: Question['of']
  readonly version?: number
}

const requestOf = (updates: readonly Update[], validateOnly: boolean) => ({
  timeoutMs: 10_000,
  validateOnly,
  featureUpdates: updates.map(([feature, maxVersionLevel, upgradeType = upgrade]) => ({
    feature,
    maxVersionLevel,
    upgradeType,
  })),
})

function update(updates: readonly Update[], { validateOnly = false, ...more }: Asked = {}): Question {
  const words = updates.map(([name, level, type = upgrade]) => `${name} ${level} by ${type}`).join(', ')
  return question(`${words}${validateOnly ? ', a try' : ''}`, updateFeatures, requestOf(updates, validateOnly), more)
}

/** Versions before 1 tell the way down with a flag. */
const byFlag = (feature: string, maxVersionLevel: number, allowDowngrade: boolean): Question =>
  question(
    `${feature} ${maxVersionLevel}, ${allowDowngrade ? 'down' : 'up'} by a flag`,
    updateFeatures,
    { timeoutMs: 10_000, featureUpdates: [{ feature, maxVersionLevel, allowDowngrade }] },
    { version: 0 },
  )

const metadata = 'metadata.version'
const names: readonly string[] = [
  'eligible.leader.replicas.version',
  'group.version',
  'share.version',
  'streams.version',
  'transaction.version',
]

const kraft = (level: number, type: number, asked?: Asked): Question => update([['kraft.version', level, type]], asked)

/** The levels that ApiVersions tells; the epoch moves by itself. */
const levels = (of: Question['of']): Question => ({
  label: `finalized features (${of})`,
  of,
  onlyReads: true,
  ask: async (wire) => {
    const software = { clientSoftwareName: 'interop', clientSoftwareVersion: '1' }
    return (await wire.call(apiVersions, software)).finalizedFeatures
  },
})

/** From a static quorum to a dynamic one, from which there is no way back. */
const raising: readonly Question[] = [
  levels('broker'),
  levels('controller'),
  update(
    [
      ['kraft.version', 1],
      ['group.version', 0, safe],
      ['metadata.version', 30],
    ],
    { of: 'controller' },
  ),
  levels('broker'),
  levels('controller'),
  ...[true, false].flatMap((validateOnly) =>
    [upgrade, safe, unsafe].flatMap((type) => [-1, 0, 1, 2].map((level) => kraft(level, type, { validateOnly }))),
  ),
  kraft(1, upgrade, { version: 1 }),
  kraft(0, safe, { version: 1 }),
  byFlag('kraft.version', 0, true),
  byFlag('kraft.version', 1, false),
  update([
    ['kraft.version', 1],
    ['group.version', 9],
  ]),
  levels('broker'),
  levels('controller'),
]

export const featureQuestions: readonly Question[] = [
  update([]),
  ...[0, 1, 6, 7, 8, 14, 18, 21, 22, 24, 25, 26, 27, 28, 29].flatMap((level) =>
    [upgrade, safe, unsafe].map((type) => update([[metadata, level, type]], { validateOnly: true })),
  ),
  ...[-1, 31, 100].flatMap((level) => [safe, upgrade].map((type) => update([[metadata, level, type]]))),
  update([[metadata, 30]]),
  update([[metadata, 30, safe]]),
  ...[-1, 2].map((level) => update([['kraft.version', level]])),
  ...[upgrade, safe, unsafe].flatMap((type) => [0, 1].map((level) => kraft(level, type, { validateOnly: true }))),
  ...[upgrade, safe, unsafe].map((type) => kraft(0, type)),
  ...['no.such.feature', ''].flatMap((name) =>
    [-1, 0, 1, 2].flatMap((level) => [upgrade, safe].map((type) => update([[name, level, type]]))),
  ),
  ...[0, 4, 127, -1].map((type) => update([['group.version', 0, type]])),
  ...names.flatMap((name) => [
    update([[name, 0]]),
    update([[name, 0, safe]], { validateOnly: true }),
    update([[name, 0, safe]]),
    update([[name, 0, safe]]),
    update([[name, 1, unsafe]]),
    update([[name, 1]]),
    update([[name, 1, unsafe]]),
    update([[name, 2]]),
    update([[name, 3]]),
    update([[name, 1, unsafe]]),
    update([[name, 0, unsafe]]),
    update([[name, 1]]),
  ]),
  update([
    ['group.version', 0, safe],
    ['share.version', 9],
  ]),
  update([
    ['share.version', 9],
    ['group.version', 0, safe],
  ]),
  update([
    ['group.version', 0, safe],
    ['group.version', 1],
  ]),
  update([
    ['group.version', 0, safe],
    ['share.version', 0, safe],
  ]),
  update([
    ['group.version', 1],
    ['share.version', 1],
  ]),
  update(
    [
      ['group.version', 1],
      ['share.version', 9],
    ],
    { validateOnly: true },
  ),
  update([['group.version', 0, safe]], { version: 1 }),
  update([['group.version', 9]], { version: 1 }),
  update(
    [
      ['group.version', 1],
      ['share.version', 1],
    ],
    { version: 1 },
  ),
  byFlag('group.version', 0, false),
  byFlag('group.version', 0, true),
  byFlag('group.version', 1, true),
  byFlag('group.version', 1, false),
  byFlag(metadata, 29, true),
  update([['group.version', 0, safe]], { of: 'controller' }),
  update([['group.version', 9]], { of: 'controller' }),
  update([[metadata, 25, safe]], { of: 'controller' }),
]

/** Of a cluster that was formatted at a level from which there is a safe way down, and back. */
export const olderQuestions: readonly Question[] = [
  ...[7, 16, 17, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30].flatMap((level) =>
    [safe, unsafe, upgrade].map((type) => update([[metadata, level, type]], { validateOnly: true })),
  ),
  update([[metadata, 26, safe]]),
  update([[metadata, 27]]),
  update([[metadata, 24, unsafe]]),
  update([[metadata, 22, safe]]),
  ...names.flatMap((name) => [update([[name, 1]], { validateOnly: true }), update([[name, 0, safe]])]),
  update([
    [metadata, 30],
    ['group.version', 1],
  ]),
  update([[metadata, 29, safe]]),
  ...raising,
]

/** Of a cluster of before eligible leader replicas. */
export const oldestQuestions: readonly Question[] = [
  ...names.flatMap((name) => [1, 2].map((level) => update([[name, level]], { validateOnly: true }))),
  update(
    [
      ['eligible.leader.replicas.version', 1],
      [metadata, 23],
    ],
    { validateOnly: true },
  ),
  update([[metadata, 17, safe]]),
  update([['eligible.leader.replicas.version', 1]]),
  update([[metadata, 16, safe]]),
  kraft(1, upgrade, { validateOnly: true }),
  update([[metadata, 30]]),
  update([['eligible.leader.replicas.version', 1]]),
  levels('controller'),
]
