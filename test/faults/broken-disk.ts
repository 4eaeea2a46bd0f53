/** A disk in memory that refuses what a test says, or takes its time: beneath a whole node. */
// Loaded before time begins: a world's turns do not wait for a module.
import '../../src/node/broker-role.ts'
import { type Disk, DiskError, type DiskFile } from '../../src/base/index.ts'
import { createEnv } from '../../src/env/index.ts'
import { BrokerConfig, formatStorage, Node } from '../../src/node/index.ts'
import { layered, testDefaults } from '../../src/stack/index.ts'

type Operation = 'writeSync' | 'readSync' | 'truncateSync' | 'write' | 'read' | 'sync' | 'open'
const ofFiles: readonly Operation[] = ['writeSync', 'readSync', 'truncateSync', 'write', 'read', 'sync']

class BrokenDisk {
  /** Asked before each operation. */
  refuses: (operation: Operation, path: string) => boolean = () => false
  /** How long an opening of the file takes. */
  openMs: (path: string) => number = () => 0

  wrap(disk: Disk): Disk {
    const open: Disk['open'] = async (path, options) => {
      const waitMs = this.openMs(path)
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
      this.#check('open', path)
      return this.#file(await disk.open(path, options))
    }
    const wrapped: Disk = new Proxy(disk, {
      get: (target, name) => (name === 'open' ? open : name === 'urgent' ? wrapped : bound(target, name)),
    })
    return wrapped
  }

  #check(operation: Operation, path: string): void {
    if (this.refuses(operation, path)) throw new DiskError('EIO', path, `input/output error: ${operation} ${path}`)
  }

  #file(file: DiskFile): DiskFile {
    return new Proxy(file, {
      get: (target, name) => {
        const operation = ofFiles.find((it) => it === name)
        if (operation !== undefined) this.#check(operation, file.path)
        return bound(target, name)
      },
    })
  }
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name)
  return typeof value === 'function' ? value.bind(target) : value
}

/** What outlives a node. */
export class BrokenWorld {
  readonly disk = new BrokenDisk()
  readonly lines: string[] = []
  readonly #real = createEnv({ disk: 'memory', write: (line) => void this.lines.push(line) })
  readonly env = { ...this.#real, disk: this.disk.wrap(this.#real.disk) }
  readonly #config: BrokerConfig
  #isFormatted = false

  constructor(config: Readonly<Record<string, string>>) {
    this.#config = BrokerConfig.parse(layered(testDefaults, { 'metadata.log.dir': '/meta', ...config }))
  }

  async start(): Promise<Node> {
    const { env } = this
    const config = this.#config
    if (!this.#isFormatted) {
      await formatStorage({ ...env, config, options: { clusterId: 'cluster' }, print: () => undefined })
      this.#isFormatted = true
    }
    return Node.start({ env, config, hostName: 'localhost' })
  }
}

/** Rejects where `work` takes longer: what never settles would be told by the runner's own time-out alone. */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took over ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
