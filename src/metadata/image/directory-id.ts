/** The ids that stand for no directory of a broker (KIP-858); Kafka keeps the first hundred ids for such. */
import { oneUuid, type Uuid, uuidFromLatin1, zeroUuid } from '../../base/index.ts'

/** Some directory that was chosen before directories had ids. */
export const migratingDirectory: Uuid = zeroUuid
/** A new replica that has no directory yet. */
export const unassignedDirectory: Uuid = oneUuid
/** Some directory that is offline. */
export const lostDirectory: Uuid = uuidFromLatin1(`${'\0'.repeat(15)}\x02`)
