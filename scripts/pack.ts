/**
 * `npm run pack`: builds what a package needs into `dist/package` and packs it to `dist/odradek-VERSION.tgz`. Node does
 * not strip types under `node_modules`, so that a package has to bring JavaScript; a clone runs its sources as they are.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const staging = join(root, 'dist', 'package')
const asTheyAre = ['bin', 'README.md', 'LICENSE', 'CHANGELOG.md']
/** The rest of the manifest is for those who work on the sources. */
const keptKeys = ['name', 'version', 'description', 'license', 'type', 'engines', 'bin', 'exports']
/** Not the packages that bring a Node to a clone: npm would put it in front of the one that the host's scripts run with. */
const dependencyKeys = ['dependencies']

function runOrExit(command: string, args: readonly string[], cwd: string): void {
  // npm is a script of the shell on Windows.
  const ran = spawnSync(command, args, {
    cwd,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (ran.error) throw ran.error
  if (ran.status !== 0) process.exit(ran.status ?? 1)
}

/** `./src/a/index.ts` was built to `./dist/a/index.js` and `./dist/a/index.d.ts`. */
function built(target: unknown): unknown {
  if (typeof target === 'object' && target !== null) {
    return Object.fromEntries(Object.entries(target).map(([condition, to]) => [condition, withType(condition, to)]))
  }
  const path = /^\.\/src\/(.+)\.ts$/.exec(String(target))?.[1]
  return path === undefined ? target : { types: `./dist/${path}.d.ts`, default: `./dist/${path}.js` }
}

const withType = (condition: string, target: unknown): unknown =>
  condition === 'types' ? String(target).replace(/^\.\/src\/(.+)\.ts$/, './dist/$1.d.ts') : target

function manifest(): Record<string, unknown> {
  const own: Record<string, unknown> = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const kept = Object.fromEntries([...keptKeys, ...dependencyKeys].map((key) => [key, own[key]]))
  const exports = Object.entries(own['exports'] ?? {}).map(([door, target]) => [door, built(target)])
  return { ...kept, exports: Object.fromEntries(exports) }
}

rmSync(staging, { recursive: true, force: true })
mkdirSync(staging, { recursive: true })
runOrExit(
  process.execPath,
  [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.package.json'],
  root,
)
for (const name of asTheyAre) cpSync(join(root, name), join(staging, name), { recursive: true })
writeFileSync(join(staging, 'package.json'), `${JSON.stringify(manifest(), undefined, 2)}\n`)
runOrExit('npm', ['pack', '--loglevel=warn', '--pack-destination', '..'], staging)
