/** The file that `--config` names (`server.properties`), for all verbs that take one. */
import { resolve } from 'node:path'
import { type Disk, DiskError } from '../base/index.ts'
import { BrokerConfig, parseProperties } from '../config/index.ts'
import { readWholeFile } from '../log/index.ts'

/** Kafka's own example, comments included, has 6 KB. */
const sizeMaxInBytes = 4 * 1024 * 1024
const directoryKeys = ['log.dir', 'log.dirs', 'metadata.log.dir']

/** With `given` over what the file says. Throws ConfigError or DiskError. */
export async function readConfigFile(
  disk: Disk,
  path: string,
  given: ReadonlyMap<string, string>,
): Promise<BrokerConfig> {
  const texts = await readConfigTexts(disk, path)
  return BrokerConfig.parse(new Map([...texts, ...withAbsoluteDirectories(given)]))
}

/** Throws DiskError. */
export async function readConfigTexts(disk: Disk, path: string): Promise<Map<string, string>> {
  return withAbsoluteDirectories(await readPropertiesFile(disk, path))
}

/** Of any kind. Throws DiskError. */
export async function readPropertiesFile(disk: Disk, path: string): Promise<Map<string, string>> {
  const absolute = resolve(path)
  const stat = await disk.stat(absolute)
  if (stat !== undefined && stat.kind !== 'file') throw new DiskError('EISDIR', absolute, `not a file: ${absolute}`)
  const bytes = await readWholeFile(disk, absolute, sizeMaxInBytes)
  if (bytes === undefined) throw new DiskError('ENOENT', absolute, `no such file: ${absolute}`)
  // Java reads properties as Latin-1, and the same file must mean the same to both.
  return parseProperties(bytes.toString('latin1'))
}

/** Relative ones are taken from where the command is called, as Java does. */
function withAbsoluteDirectories(given: ReadonlyMap<string, string>): Map<string, string> {
  const texts = new Map(given)
  for (const key of directoryKeys) {
    const text = texts.get(key)
    if (text !== undefined) texts.set(key, text.split(',').map(absoluteDirectory).join(','))
  }
  return texts
}

/** An empty name stays one, for the configuration to refuse; `memory:` names a disk that has no paths of the machine. */
function absoluteDirectory(text: string): string {
  const name = text.trim()
  return name === '' || name.startsWith('memory:') ? name : resolve(name)
}
