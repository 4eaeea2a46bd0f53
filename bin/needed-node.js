/**
 * Which Node the sources need, where there is one, and how to get one: for the command and for the door of the import.
 * Plain JavaScript without newer syntax, so that an old Node can still read it.
 */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const nodeMajorMin = 24

/** Of the package: a clone, or what `npm run pack` built. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

export const isNodeNewEnough = Number.parseInt(process.versions.node, 10) >= nodeMajorMin

/**
 * Nearest `node_modules` first, for npm may have put what this package brings beside it. The package before `.bin`, where
 * another package may have linked another Node.
 */
export function findNode() {
  const executable = process.platform === 'win32' ? 'node.exe' : 'node'
  const carrier = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  for (let folder = root; ; folder = dirname(folder)) {
    const modules = join(folder, 'node_modules')
    const packaged = join(modules, carrier, 'bin', executable)
    const linked = join(modules, '.bin', executable)
    if (existsSync(packaged)) return packaged
    if (existsSync(linked)) return linked
    if (dirname(folder) === folder) return undefined
  }
}

export const need = `odradek needs Node ${nodeMajorMin} or newer, this is ${process.versions.node}`

/** For where there is none. */
export function howToGet() {
  const isClone = existsSync(join(root, 'package-lock.json'))
  return isClone
    ? `Install one, or run \`npm ci\` in ${root}: it brings one along on most systems.`
    : 'Install one, from https://nodejs.org or with a version manager.'
}

/** The sources of a clone, or what was built of them. */
export function entryOf(room) {
  const source = join(root, 'src', room, 'index.ts')
  return existsSync(source) ? source : join(root, 'dist', room, 'index.js')
}
