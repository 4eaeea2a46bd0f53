/** Every broker config of Kafka 4.3.1, once; a table per subject. */
import { groupCoordinatorKeys } from './group-coordinator-keys.ts'
import { logKeys } from './log-keys.ts'
import { networkKeys } from './network-keys.ts'
import { quorumKeys } from './quorum-keys.ts'
import { quotaKeys } from './quota-keys.ts'
import { remoteKeys } from './remote-keys.ts'
import { replicationKeys } from './replication-keys.ts'
import { saslKeys } from './sasl-keys.ts'
import { securityKeys } from './security-keys.ts'
import { serverKeys } from './server-keys.ts'
import { shareKeys } from './share-keys.ts'
import { transactionKeys } from './transaction-keys.ts'

export const brokerKeys = {
  ...groupCoordinatorKeys,
  ...logKeys,
  ...networkKeys,
  ...quorumKeys,
  ...quotaKeys,
  ...remoteKeys,
  ...replicationKeys,
  ...saslKeys,
  ...securityKeys,
  ...serverKeys,
  ...shareKeys,
  ...transactionKeys,
}

export type BrokerKeys = typeof brokerKeys
