/** Levels of features go up, and some down again (KIP-584, KIP-1022); a new cluster gets its first ones. */
import { ApiError } from '../../base/index.ts'
import {
  beginTransactionRecord,
  configRecord,
  ErrorCode,
  endTransactionRecord,
  featureLevelRecord,
  noOpRecord,
  type UpdateFeaturesRequest,
  type UpdateFeaturesResponse,
  updateFeatures,
} from '../../protocol/index.ts'
import {
  bootstrapRecords,
  controllerRegistrationLevel,
  eligibleLeaderReplicasLevel,
  kraftVersionFeature,
  losesMetadata,
  metadataTransactionsLevel,
  metadataVersionFeature,
  metadataVersionIn,
  supportedFeatures,
} from '../features.ts'
import type { MetadataRecord } from '../record.ts'
import type { ControllerState } from './controller-state.ts'
import { atomically, type Decision, type KRaftVersion } from './decision.ts'
import { elrFeature, resourceType, type Settings } from './settings.ts'

type FeatureUpdate = UpdateFeaturesRequest['featureUpdates'][number]

/** `upgradeType` of the wire. */
const upgradeType = { upgrade: 1, safeDowngrade: 2, unsafeDowngrade: 3 } as const

interface Change {
  readonly feature: string
  readonly level: number
  readonly current: number
  readonly type: number
}

interface Range {
  readonly name: string
  readonly minSupportedVersion: number
  readonly maxSupportedVersion: number
}

const refuse = (feature: string, level: number, reason: string): ApiError =>
  new ApiError(ErrorCode.INVALID_UPDATE_VERSION, `Invalid update version ${level} for feature ${feature}. ${reason}`)

interface FeatureParts {
  readonly state: ControllerState
  readonly settings: Settings
  readonly kraftVersion: KRaftVersion
}

export class Features {
  readonly #state: ControllerState
  readonly #settings: Settings
  readonly #kraftVersion: KRaftVersion

  constructor({ state, settings, kraftVersion }: FeatureParts) {
    this.#state = state
    this.#settings = settings
    this.#kraftVersion = kraftVersion
  }

  /**
   * All or nothing, also where kraft.version is among them: Kafka's quorum may be raised although the answer tells an error
   * of a feature that came after it. Throws ApiError 95.
   */
  update(request: UpdateFeaturesRequest): Decision<UpdateFeaturesResponse> {
    // Of a feature that comes twice the last update counts.
    const updates = new Map(request.featureUpdates.map((update) => [update.feature, update]))
    const records = Array.from(updates.values(), (update) => this.#update(update, updates)).flat()
    const results = Array.from(updates.keys(), (feature) => ({ feature, errorMessage: null }))
    const reply = updateFeatures.response.create({ results })
    if (request.validateOnly) return atomically([], reply)
    const kraftVersion = updates.get(kraftVersionFeature)?.maxVersionLevel
    return { ...atomically(records, reply), ...(kraftVersion === undefined ? {} : { kraftVersion }) }
  }

  #update(update: FeatureUpdate, all: ReadonlyMap<string, FeatureUpdate>): readonly MetadataRecord[] {
    // Versions before 1 would say with a flag that they want less: Kafka's controller passes it over.
    const { feature, maxVersionLevel: level, upgradeType: type } = update
    if (type !== upgradeType.upgrade && type !== upgradeType.safeDowngrade && type !== upgradeType.unsafeDowngrade) {
      throw refuse(feature, level, 'The controller does not support the given upgrade type.')
    }
    if (level < 0) throw refuse(feature, level, 'A feature version cannot be less than 0.')
    this.#checkSupported(feature, level)
    if (!supportedFeatures.some(({ name }) => name === feature)) {
      throw refuse(feature, level, `Feature ${feature} not found.`)
    }
    const current = this.#currentOf(feature)
    if (level < current) this.#checkDowngrade({ feature, level, current, type })
    if (level > current && type !== upgradeType.upgrade) {
      throw refuse(feature, level, "Can't downgrade to a newer version.")
    }
    if (feature === kraftVersionFeature) return this.#kraftRecords(level, type)
    this.#checkDependency(feature, level, all)
    const value = featureLevelRecord.create({ name: feature, featureLevel: level })
    const enablesElr = feature === elrFeature && current === 0 && level > 0
    return [...(enablesElr ? this.#elrSafetyRecords() : []), { kind: 'featureLevel', value }]
  }

  #currentOf(feature: string): number {
    return feature === kraftVersionFeature ? this.#kraftVersion.level() : (this.#state.features.get(feature) ?? 0)
  }

  /** The quorum has the level in records of its own. There is something to wait for, as in Kafka's log. */
  #kraftRecords(level: number, type: number): readonly MetadataRecord[] {
    if (type !== upgradeType.upgrade) return []
    this.#kraftVersion.check(level)
    return [{ kind: 'noOp', value: noOpRecord.create() }]
  }

  /** Eligible leader replicas are in records that older levels of the metadata do not have. */
  #checkDependency(feature: string, level: number, all: ReadonlyMap<string, FeatureUpdate>): void {
    if (feature !== elrFeature || level === 0) return
    const metadataVersion =
      all.get(metadataVersionFeature)?.maxVersionLevel ?? this.#state.features.get(metadataVersionFeature) ?? 0
    if (metadataVersion >= eligibleLeaderReplicasLevel) return
    const why = `it depends on ${metadataVersionFeature} level ${eligibleLeaderReplicasLevel}`
    throw refuse(feature, level, `${feature} could not be set to ${level} because ${why}`)
  }

  #checkDowngrade({ feature, level, current, type }: Change): void {
    if (type === upgradeType.upgrade) {
      const how = 'the upgrade type to either safe or unsafe downgrade.'
      throw refuse(feature, level, `Can't downgrade the version of this feature without setting ${how}`)
    }
    if (feature === kraftVersionFeature) throw refuse(feature, level, "Can't downgrade the version of this feature.")
    if (feature !== metadataVersionFeature || !losesMetadata(current, level)) return
    const reason =
      type === upgradeType.unsafeDowngrade
        ? 'Unsafe metadata downgrade is not supported in this version.'
        : 'Refusing to perform the requested downgrade because it might delete metadata information.'
    const what = `Unsupported ${feature} downgrade from ${current} to ${level}.`
    throw new ApiError(ErrorCode.INVALID_UPDATE_VERSION, `${what} ${reason}`)
  }

  /** By this controller, by every broker, by every controller; those of the configuration must have registered. */
  #checkSupported(feature: string, level: number): void {
    const own = supportedFeatures.map(({ name, minLevel, maxLevel }) => ({
      name,
      minSupportedVersion: minLevel,
      maxSupportedVersion: maxLevel,
    }))
    this.#checkRange(`Local controller ${this.#settings.static.nodeId}`, own, feature, level)
    for (const { registration } of this.#state.brokers.values()) {
      this.#checkRange(`Broker ${registration.brokerId}`, registration.features, feature, level)
    }
    if (this.#currentOf(metadataVersionFeature) >= controllerRegistrationLevel) this.#checkControllers(feature, level)
  }

  #checkControllers(feature: string, level: number): void {
    const { nodeId, voters } = this.#settings.static
    const { controllers } = this.#state
    for (const { controllerId, features } of controllers.values()) {
      if (controllerId !== nodeId) this.#checkRange(`Controller ${controllerId}`, features, feature, level)
    }
    const silent = voters.find(({ id }) => id !== nodeId && !controllers.has(id))
    if (silent === undefined) return
    throw refuse(feature, level, `controller ${silent.id} has not registered, and may not support this feature`)
  }

  #checkRange(who: string, ranges: readonly Range[], feature: string, level: number): void {
    const range = ranges.find(({ name }) => name === feature)
    if (range === undefined && level === 0) return
    if (range === undefined) throw refuse(feature, level, `${who} does not support this feature.`)
    if (level >= range.minSupportedVersion && level <= range.maxSupportedVersion) return
    const only = `only supports versions ${range.minSupportedVersion}-${range.maxSupportedVersion}`
    throw refuse(feature, level, `${who} ${only}`)
  }

  /** KIP-966: from now on the cluster has one minimum of the ISR, and no broker has its own. */
  #elrSafetyRecords(): readonly MetadataRecord[] {
    const name = 'min.insync.replicas'
    const config = (resourceName: string, value: string | null): MetadataRecord => ({
      kind: 'config',
      value: configRecord.create({ resourceType: resourceType.broker, resourceName, name, value }),
    })
    const records: MetadataRecord[] = []
    if (!this.#state.configs(resourceType.broker, '').has(name)) {
      records.push(config('', `${this.#settings.static.number(name)}`))
    }
    for (const id of this.#state.brokers.keys()) {
      if (this.#state.configs(resourceType.broker, `${id}`).has(name)) records.push(config(`${id}`, null))
    }
    return records
  }

  /** What the first controller of a new cluster writes, as one metadata transaction where the level knows such. */
  bootstrap(records: readonly MetadataRecord[] = bootstrapRecords()): readonly MetadataRecord[] {
    const enablesElr = records.some(
      ({ kind, value }) => kind === 'featureLevel' && value.name === elrFeature && value.featureLevel > 0,
    )
    const all = [...records, ...(enablesElr ? this.#elrSafetyRecords() : [])]
    if (metadataVersionIn(records) < metadataTransactionsLevel) return all
    return [
      { kind: 'beginTransaction', value: beginTransactionRecord.create({ name: 'Bootstrap records' }) },
      ...all,
      { kind: 'endTransaction', value: endTransactionRecord.create() },
    ]
  }
}
