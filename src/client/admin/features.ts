/** Features of a cluster: which levels are in use, and which ones brokers know (KIP-584, 778). */
import { apiVersions, ErrorCode, updateFeatures as updateApi } from '../../protocol/index.ts'
import { KafkaError } from '../kafka-error.ts'
import type { CallOptions } from './admin-options.ts'
import { brokerOf, movedController, nothingPasses, theController } from './places.ts'
import { failureOf, onlyOf } from './results.ts'
import type { Routing } from './routing.ts'

export interface LevelRange {
  readonly min: number
  readonly max: number
}

export interface Features {
  /** What holds in the cluster, by name; the level is `max`. */
  readonly finalized: ReadonlyMap<string, LevelRange>
  /** Which state of them that is; -1: not known. */
  readonly finalizedEpoch: number
  /** What the broker that answered knows, by name. */
  readonly supported: ReadonlyMap<string, LevelRange>
}

export interface DescribeFeaturesOptions extends CallOptions {
  /** Who is asked; anybody unless told. */
  readonly brokerId?: number
}

const tellsFeaturesSince = 3

export async function describeFeatures(routing: Routing, options: DescribeFeaturesOptions): Promise<Features> {
  const { brokerId } = options
  const results = await routing.settle([brokerId], {
    deadline: routing.deadline('describeFeatures', options),
    place: brokerOf((id: number | undefined) => id),
    passes: nothingPasses,
    keyOf: String,
    ask: async (to) => {
      const who = { clientSoftwareName: 'odradek', clientSoftwareVersion: '0.1.0' }
      const told = await to.send(apiVersions, who, [tellsFeaturesSince, apiVersions.versions[1]])
      if (told.errorCode !== ErrorCode.NONE) throw KafkaError.of(told.errorCode, 'describeFeatures')
      const finalized = told.finalizedFeatures.map(
        ({ name, minVersionLevel, maxVersionLevel }) => [name, { min: minVersionLevel, max: maxVersionLevel }] as const,
      )
      const supported = told.supportedFeatures.map(
        ({ name, minVersion, maxVersion }) => [name, { min: minVersion, max: maxVersion }] as const,
      )
      const features: Features = {
        finalized: new Map(finalized),
        finalizedEpoch: told.finalizedFeaturesEpoch,
        supported: new Map(supported),
      }
      return [[String(brokerId), features]]
    },
  })
  return onlyOf(results)
}

export interface FeatureUpdate {
  /** 0: the feature is not used any more. */
  readonly level: number
  /** Default `upgrade`. `unsafe-downgrade`: also where something is lost by it. */
  readonly upgradeType?: 'upgrade' | 'safe-downgrade' | 'unsafe-downgrade'
}

export interface UpdateFeaturesOptions extends CallOptions {
  /** Whether it is only checked, and nothing is changed. From Kafka 3.3 on. */
  readonly validateOnly?: boolean
}

const upgradeTypes = { upgrade: 1, 'safe-downgrade': 2, 'unsafe-downgrade': 3 } as const

/** All or none, from Kafka 4.0 on: the error is that of all of them. */
export function updateFeatures(
  routing: Routing,
  updates: Readonly<Record<string, number | FeatureUpdate>>,
  options: UpdateFeaturesOptions,
) {
  const { validateOnly = false } = options
  const forms = Object.entries(updates).map(([feature, given]) => {
    const { level, upgradeType = 'upgrade' }: FeatureUpdate = typeof given === 'number' ? { level: given } : given
    const type = upgradeTypes[upgradeType]
    return { feature, maxVersionLevel: level, upgradeType: type, allowDowngrade: type !== upgradeTypes.upgrade }
  })
  return routing.settle(Object.keys(updates), {
    deadline: routing.deadline('updateFeatures', options),
    place: theController,
    passes: movedController,
    keyOf: (name) => name,
    ask: async (to, names) => {
      const featureUpdates = forms.filter(({ feature }) => names.includes(feature))
      const told = await to.send(updateApi, { timeoutMs: to.timeoutMs, featureUpdates, validateOnly }, [
        validateOnly ? 1 : 0,
        updateApi.versions[1],
      ])
      if (told.errorCode !== ErrorCode.NONE) throw KafkaError.of(told.errorCode, 'updateFeatures', told.errorMessage)
      if (told.results.length === 0) return names.map((name) => [name, undefined] as const)
      return told.results.map(
        ({ feature, errorCode, errorMessage }) =>
          [feature, failureOf(errorCode, `feature '${feature}'`, errorMessage)] as const,
      )
    },
  })
}
