/**
 * The brokers as clients of one listener see them, made for one answer from one image: who is there and where, and which
 * replicas cannot serve. On the path of every Metadata request: allocates per broker, not per partition.
 */
import type { RandomStream } from '../base/index.ts'
import { hasOnlineDirectory, type MetadataImage, type PartitionImage } from '../metadata/index.ts'

export interface ListedBroker {
  readonly brokerId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
  readonly fenced: boolean
}

const none: readonly number[] = []

/**
 * Whom clients are told to be the controller, any of these: what is for the controller may be sent to any broker (KIP-590), and
 * one for all would have the requests of all on its one way there. -1: nobody.
 */
export function anyOf(brokers: readonly Pick<ListedBroker, 'brokerId'>[], chance: RandomStream): number {
  if (brokers.length === 0) return -1
  return brokers[chance.below(brokers.length)]?.brokerId ?? -1
}

export class ListenerBrokers {
  readonly #brokers: MetadataImage['cluster']['brokers']
  readonly #listed = new Map<number, ListedBroker>()

  constructor(image: MetadataImage, listenerName: string) {
    this.#brokers = image.cluster.brokers
    for (const { brokerId, endPoints, rack, fenced } of this.#brokers.values()) {
      const endpoint = endPoints.find(({ name }) => name === listenerName)
      if (endpoint === undefined) continue
      this.#listed.set(brokerId, { brokerId, host: endpoint.host, port: endpoint.port, rack, fenced })
    }
  }

  /** Those that have the listener, fenced ones among them. */
  all(): readonly ListedBroker[] {
    return [...this.#listed.values()]
  }

  alive(): readonly ListedBroker[] {
    return this.all().filter(({ fenced }) => !fenced)
  }

  isRegistered(brokerId: number): boolean {
    return this.#brokers.has(brokerId)
  }

  /** Has the listener; a broker that is fenced leads nothing, so leaders need no other question. */
  isReachable(brokerId: number): boolean {
    return this.#listed.has(brokerId)
  }

  /** The same array if all of them can serve. */
  available(brokerIds: readonly number[]): readonly number[] {
    return brokerIds.every((id) => this.#isAlive(id)) ? brokerIds : brokerIds.filter((id) => this.#isAlive(id))
  }

  #isAlive(brokerId: number): boolean {
    return this.#listed.get(brokerId)?.fenced === false
  }

  /** Replicas whose broker is away, fenced, without this listener, or has lost the directory. */
  offlineReplicas({ replicas, directories }: PartitionImage): readonly number[] {
    let offline: number[] | undefined
    for (let i = 0; i < replicas.length; i++) {
      const brokerId = replicas[i]
      if (brokerId === undefined) break
      const broker = this.#brokers.get(brokerId)
      const directory = directories[i]
      if (
        broker !== undefined &&
        this.#isAlive(brokerId) &&
        (directory === undefined || hasOnlineDirectory(broker, directory))
      ) {
        continue
      }
      offline ??= []
      offline.push(brokerId)
    }
    return offline ?? none
  }
}
