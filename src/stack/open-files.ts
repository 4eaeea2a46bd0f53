/**
 * Whether the process may have as many files open as its logs need: each segment is one, for as long as the node runs. Where it may
 * not, the start or a later roll fails in the middle, with an error of one file that says nothing of the cause. Only Linux tells
 * the limit without native code; elsewhere nothing is said.
 */
import { readFile } from 'node:fs/promises'
import { type Disk, DiskError, inParallel, type Logger } from '../base/index.ts'

export interface OpenFilesOptions {
  readonly disk: Disk
  readonly logger: Logger
  /** `log.dirs`, and where the metadata are. */
  readonly directories: Iterable<string>
  /** As `/proc/self/limits`; undefined where there is none. */
  readonly limits?: () => Promise<string | undefined>
}

/** Of the runtime, listeners, indexes that are read at the start, and a few clients. */
const otherFiles = 200
const listsAtOnceMax = 16

/** A node that starts says it while it can; who has raised the limit since finds out at the next start. */
export async function warnOfFewOpenFiles(options: OpenFilesOptions): Promise<void> {
  const { disk, logger, directories, limits = processLimits } = options
  const limit = openFilesMax((await limits()) ?? '')
  if (limit === undefined) return
  let segments = 0
  for (const directory of new Set(directories)) segments += await countSegments(disk, directory)
  const needed = segments + otherFiles
  if (needed <= limit) return
  logger.log('warn', 'the process may open too few files: raise the limit (ulimit -n, LimitNOFILE of systemd)', {
    limit,
    needed,
    segments,
  })
}

const processLimits = (): Promise<string | undefined> => readFile('/proc/self/limits', 'utf8').catch(() => undefined)

/** The soft limit; undefined where it is not known, or there is none. */
export function openFilesMax(limits: string): number | undefined {
  const [, soft] = /^Max open files\s+(\d+)\s/m.exec(limits) ?? []
  return soft === undefined ? undefined : Number(soft)
}

/** What cannot be listed fails when it is opened, by its name. */
async function countSegments(disk: Disk, directory: string): Promise<number> {
  let count = 0
  const logs = (await list(disk, directory)).filter(({ kind }) => kind === 'directory')
  await inParallel(logs, listsAtOnceMax, async ({ name }) => {
    for (const file of await list(disk, `${directory}/${name}`)) if (file.name.endsWith('.log')) count++
  })
  return count
}

async function list(disk: Disk, path: string): ReturnType<Disk['list']> {
  try {
    return await disk.list(path)
  } catch (error) {
    if (error instanceof DiskError) return []
    throw error
  }
}
