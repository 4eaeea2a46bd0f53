/** What records change of the brokers and controllers of an image: part of the delta. */
import { assert } from '../base/index.ts'
import type {
  BrokerRegistrationChangeRecord,
  RegisterBrokerRecord,
  RegisterControllerRecord,
  UnregisterBrokerRecord,
} from '../protocol/index.ts'
import { ChangedMap } from './image/changed-map.ts'
import type { BrokerImage, ClusterImage, ControllerImage } from './image/metadata-image.ts'

export interface BrokerChange {
  readonly brokerId: number
  /** undefined: it was not registered. */
  readonly before: BrokerImage | undefined
  /** undefined: it is not registered any more. */
  readonly after: BrokerImage | undefined
}

interface NamedBroker {
  readonly brokerId: number
  readonly brokerEpoch: number
}

export class ClusterDelta {
  readonly #before: ClusterImage
  readonly #brokers: ChangedMap<number, BrokerImage>
  readonly #controllers: ChangedMap<number, ControllerImage>

  constructor(before: ClusterImage) {
    this.#before = before
    this.#brokers = new ChangedMap(before.brokers)
    this.#controllers = new ChangedMap(before.controllers)
  }

  /** A record speaks of one incarnation of a broker only: the epoch must be that of the registration. */
  #broker({ brokerId, brokerEpoch }: NamedBroker): BrokerImage {
    const broker = this.#brokers.get(brokerId)
    assert(broker !== undefined, `a record names broker ${brokerId}, which is not registered`)
    assert(
      broker.brokerEpoch === brokerEpoch,
      `a record names epoch ${brokerEpoch} of broker ${brokerId}, whose epoch is ${broker.brokerEpoch}`,
    )
    return broker
  }

  register(record: RegisterBrokerRecord): void {
    this.#brokers.set(record.brokerId, record)
  }

  unregister(record: UnregisterBrokerRecord): void {
    this.#broker(record)
    this.#brokers.delete(record.brokerId)
  }

  fence(broker: NamedBroker, fenced: boolean): void {
    this.#brokers.set(broker.brokerId, { ...this.#broker(broker), fenced })
  }

  change(record: BrokerRegistrationChangeRecord): void {
    const { brokerId, fenced, inControlledShutdown, logDirs, cordonedLogDirs } = record
    assert(Math.abs(fenced) <= 1, `unknown change of fencing: ${fenced}`)
    assert(inControlledShutdown === 0 || inControlledShutdown === 1, 'controlled shutdown is entered, never left')
    const broker = this.#broker(record)
    this.#brokers.set(brokerId, {
      ...broker,
      fenced: fenced === 0 ? broker.fenced : fenced === 1,
      inControlledShutdown: broker.inControlledShutdown || inControlledShutdown === 1,
      logDirs: logDirs.length > 0 ? logDirs : broker.logDirs,
      cordonedLogDirs: cordonedLogDirs ?? broker.cordonedLogDirs,
    })
  }

  registerController(record: RegisterControllerRecord): void {
    this.#controllers.set(record.controllerId, record)
  }

  clear(): void {
    this.#brokers.clear()
    this.#controllers.clear()
  }

  apply(): ClusterImage {
    const brokers = this.#brokers.apply()
    const controllers = this.#controllers.apply()
    if (brokers === this.#before.brokers && controllers === this.#before.controllers) return this.#before
    return { brokers, controllers }
  }

  brokersChanged(): readonly BrokerChange[] {
    return Array.from(this.#brokers.changedKeys(), (brokerId) => ({
      brokerId,
      before: this.#before.brokers.get(brokerId),
      after: this.#brokers.get(brokerId),
    }))
  }

  controllersChanged(): readonly number[] {
    return [...this.#controllers.changedKeys()]
  }
}
