/** How long `import` of a client takes, in processes that have loaded nothing yet; ours as `npm run pack` builds it. */
import { existsSync, globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runOrThrow } from '../../child.ts'
import { type ClientName, installedClients, names, packageOf } from '../../clients/clients.ts'
import { entryOf } from '../../clients/packages.ts'
import { root } from '../../paths.ts'
import type { Scenario } from '../../scenario.ts'
import { spread } from '../../statistics.ts'

const times = 15
const built = join(root, 'dist', 'package', 'dist', 'stack', 'client.js')
const figureName = (client: ClientName): string => `import, ${client}`

/** Node does not strip types of what is installed: what is measured is what is published. */
async function build(): Promise<void> {
  const madeMs = existsSync(built) ? statSync(built).mtimeMs : 0
  const isNew = globSync('src/**/*.ts', { cwd: root }).every((path) => statSync(join(root, path)).mtimeMs < madeMs)
  if (isNew) return
  const args = [join(root, 'scripts', 'pack.ts')]
  await runOrThrow({ command: process.execPath, args, cwd: root, timeoutMs: 180_000 })
}

async function importMs(url: string): Promise<number> {
  const program = `const t = performance.now(); await import(${JSON.stringify(url)}); console.log(performance.now() - t); process.exit()`
  const args = ['--input-type=module', '--eval', program]
  const measured: number[] = []
  for (let i = 0; i < times; i++) {
    measured.push(Number(await runOrThrow({ command: process.execPath, args, timeoutMs: 30_000 })))
  }
  return spread(measured)?.median ?? 0
}

export const clientImport: Scenario = {
  name: 'clients/import',
  figures: names.map((client) => ({
    name: figureName(client),
    unit: 'ms',
    ...(client === 'odradek' && { bar: { kind: 'absolute', bound: 'at-most', value: 60 } as const }),
  })),
  async measure(session) {
    // No broker has to do with it.
    if (session.broker.name !== 'odradek') return {}
    await build()
    const there = await installedClients()
    const figures: Record<string, number> = {}
    for (const client of names.filter((name) => there.has(name))) {
      const url = client === 'odradek' ? pathToFileURL(built).href : entryOf(packageOf(client))
      figures[figureName(client)] = await importMs(url)
    }
    return figures
  },
}
