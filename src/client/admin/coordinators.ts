/** Who coordinates a group, or the transactions of an id: asked in each round, of several at once where the brokers take that (KIP-699). */
import type { Peer } from '../../peer/index.ts'
import { ErrorCode, findCoordinator } from '../../protocol/index.ts'
import { brokerView } from '../cluster/cluster-view.ts'
import { KafkaError } from '../kafka-error.ts'
import type { Addressee } from './addressee.ts'
import { passing } from './places.ts'
import type { Place, Share } from './routing.ts'

const loading = ['COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR'] as const

export const coordinatorPasses = passing(loading)
/** While members join, nothing is committed. */
export const committingPasses = passing([...loading, 'REBALANCE_IN_PROGRESS'])
/** Offsets of a transaction are on their way. */
export const fetchingPasses = passing([...loading, 'UNSTABLE_OFFSET_COMMIT'])

/** A transaction of the producer is being ended. */
export const fencingPasses = passing([...loading, 'CONCURRENT_TRANSACTIONS'])

const keyTypes = { group: 0, transaction: 1 } as const

interface Found {
  readonly key: string
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

/** Several keys are asked for at once, or one at a time. */
const manyVersions = [4, findCoordinator.versions[1]] as const
const oneVersions = { group: [0, 3], transaction: [1, 3] } as const

/** Each with the coordinator of `keyOf`. */
export const coordinators =
  <T>(type: 'group' | 'transaction', keyOf: (thing: T) => string): Place<T> =>
  async (things, { connections, view, addressee }) => {
    const [peer] = connections.candidates(view)
    if (peer === undefined) return [{ error: new KafkaError('NETWORK', 'no broker is known'), things }]
    const keys = [...new Set(things.map(keyOf))]
    const found = await find(addressee(peer), type, keys)
    const byPeer = new Map<Peer, T[]>()
    const failed: Share<T>[] = []
    for (const [key, them] of Map.groupBy(things, keyOf)) {
      const told = found.get(key)
      if (told === undefined || told.errorCode !== ErrorCode.NONE) {
        failed.push({ error: errorOf(type, key, told), things: them })
        continue
      }
      const to = connections.to(brokerView(told), 'main')
      byPeer.set(to, [...(byPeer.get(to) ?? []), ...them])
    }
    return [...failed, ...[...byPeer].map(([to, them]) => ({ to, things: them }))]
  }

const errorOf = (type: string, key: string, told: Found | undefined): KafkaError =>
  KafkaError.of(
    told?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR,
    `the coordinator of ${type} '${key}'`,
    told?.errorMessage,
  )

async function find(
  to: Addressee,
  type: keyof typeof keyTypes,
  keys: readonly string[],
): Promise<ReadonlyMap<string, Found>> {
  const keyType = keyTypes[type]
  const many = async (): Promise<readonly Found[]> =>
    (await to.send(findCoordinator, { keyType, coordinatorKeys: keys }, manyVersions)).coordinators
  const one = async (key: string): Promise<Found> => ({
    ...(await to.send(findCoordinator, { keyType, key }, oneVersions[type])),
    key,
  })
  const found = await to.either(many, () => Promise.all(keys.map(one)))
  return new Map(found.map((it) => [it.key, it]))
}
