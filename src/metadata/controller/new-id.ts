/** Ids that the controller gives: of topics and of ACLs. */
import type { RandomStream, Uuid } from '../../base/index.ts'

/** Kafka keeps the first ids of the space to itself, and ids that begin with a dash out of command lines. */
export function newId(random: RandomStream, isTaken: (id: Uuid) => boolean): Uuid {
  for (;;) {
    const id = random.uuid()
    if (id.startsWith('\0'.repeat(15)) || id.charCodeAt(0) >> 2 === 62 || isTaken(id)) continue
    return id
  }
}
