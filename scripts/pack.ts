/**
 * `npm run pack`: builds what a package needs into `dist/package` and packs it to `dist/odradek-VERSION.tgz`; with the name of a folder
 * behind it, builds into that, and packs nothing. Node does not strip types under `node_modules`,
 * so that a package has to bring JavaScript; a clone runs its sources as they are.
 *
 * The sources of all doors are bundled together, into a file for each door and some for what they share: Node takes half a millisecond for
 * each file that it loads, and a client alone has 240 of them.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { build, type Plugin } from 'esbuild'

const root = join(import.meta.dirname, '..')
const [folder] = process.argv.slice(2)
const staging = resolve(root, folder ?? join('dist', 'package'))
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

/** What workers load: a file of its own in `dist` for each room that has jobs, wherever the code lands that names it. */
const jobs = ['node', 'registry'].map((room) => join('src', room, 'jobs.ts'))
/** Files in `dist` lie as deep as those in `src`, and as shared ones: in a folder of it. */
const jobsByName: Plugin = {
  name: 'jobs-by-name',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/](node|registry)[\\/]jobs\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8')
      const named = text.replace(
        'import.meta.url',
        `new URL('../${basename(dirname(path))}/jobs.js', import.meta.url).href`,
      )
      if (named === text) throw new Error(`${path} does not name itself any more`)
      return { contents: named, loader: 'ts' }
    })
  },
}

/** The sources of what is imported or run by name. */
function entries(): string[] {
  const { exports }: { exports: unknown } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const doors = [...JSON.stringify(exports).matchAll(/"\.\/(src\/[^"]+\.ts)"/g)].map(([, path = '']) => path)
  return [...new Set([...doors, join('src', 'cli', 'index.ts'), ...jobs])]
}

async function bundle(): Promise<void> {
  await build({
    entryPoints: entries(),
    absWorkingDir: root,
    outbase: 'src',
    outdir: join(staging, 'dist'),
    chunkNames: 'shared/[name]-[hash]',
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    packages: 'external',
    plugins: [jobsByName],
    logLevel: 'warning',
  })
}

/** A door that leads nowhere is found here, and not by who installs the package. */
function checkDoors(): void {
  const targets = [...JSON.stringify(manifest()).matchAll(/"(\.\/(?:dist|bin)\/[^"]+)"/g)].map(([, path = '']) => path)
  const missing = targets.filter((path) => !existsSync(join(staging, path)))
  if (missing.length > 0) throw new Error(`the package names files that it does not have: ${missing.join(', ')}`)
}

rmSync(staging, { recursive: true, force: true })
mkdirSync(staging, { recursive: true })
runOrExit(
  process.execPath,
  [
    join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
    '-p',
    'tsconfig.package.json',
    '--outDir',
    join(staging, 'dist'),
  ],
  root,
)
await bundle()
for (const name of asTheyAre) cpSync(join(root, name), join(staging, name), { recursive: true })
writeFileSync(join(staging, 'package.json'), `${JSON.stringify(manifest(), undefined, 2)}\n`)
checkDoors()
if (folder === undefined) runOrExit('npm', ['pack', '--loglevel=warn', '--pack-destination', '..'], staging)
