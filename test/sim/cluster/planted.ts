/** Bugs that are planted on purpose, to see that the simulation finds them. Patches of the product, in tests only. */
import { Log } from '../../../src/log/log.ts'
import { Controller, MetadataLoader } from '../../../src/metadata/index.ts'
import { Unattached } from '../../../src/raft/roles/unattached.ts'
import { SimFileContent } from '../../../src/sim/sim-file.ts'

/** Each plants its bug, and gives back what takes it out again. */
export const plantedBugs: Readonly<Record<string, () => () => void>> = {
  /** A voter votes for whoever asks. */
  'votes twice': () => {
    const { grants } = Unattached.prototype
    Unattached.prototype.grants = ({ isUpToDate }) => isUpToDate
    return () => {
      Unattached.prototype.grants = grants
    }
  },
  /** What a voter reports is in the page cache alone. */
  'does not flush': () => {
    const { flush } = Log.prototype
    Log.prototype.flush = async () => undefined
    return () => {
      Log.prototype.flush = flush
    }
  },
  /** A disk that says of no sync that it failed, and does none. */
  'a disk that lies': () => {
    const { sync } = SimFileContent.prototype
    SimFileContent.prototype.sync = () => undefined
    return () => {
      SimFileContent.prototype.sync = sync
    }
  },
  /** Who starts from a snapshot misses its last record. */
  'forgets of a snapshot': () => {
    const { loadSnapshot } = MetadataLoader.prototype
    MetadataLoader.prototype.loadSnapshot = function ({ provenance, records }) {
      return loadSnapshot.call(this, { provenance, records: [...records].slice(0, -1) })
    }
    return () => {
      MetadataLoader.prototype.loadSnapshot = loadSnapshot
    }
  },
  /** Who does not beat stays. */
  'fences nobody': () => {
    const { nextSessionDeadlineMs } = Controller.prototype
    Controller.prototype.nextSessionDeadlineMs = () => undefined
    return () => {
      Controller.prototype.nextSessionDeadlineMs = nextSessionDeadlineMs
    }
  },
}
