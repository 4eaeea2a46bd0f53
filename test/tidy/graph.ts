/** The graph of imports: no cycles (imports of types alone are erased and count for nothing), no file left behind. */
import { isTest, type Module, type Offence, roomOf } from './modules.ts'

export function cycleOffences(modules: readonly Module[]): Offence[] {
  const byPath = new Map(modules.map((module) => [module.path, module]))
  const done = new Set<string>()
  const offences: Offence[] = []

  function visit(path: string, above: readonly string[]): void {
    if (done.has(path)) return
    const start = above.indexOf(path)
    if (start >= 0) {
      offences.push({ path, line: 1, message: `import cycle: ${[...above.slice(start), path].join(' -> ')}` })
      return
    }
    for (const { target, isTypeOnly } of byPath.get(path)?.imports ?? []) {
      if (target !== undefined && !isTypeOnly && byPath.has(target)) visit(target, [...above, path])
    }
    done.add(path)
  }

  for (const { path } of modules) visit(path, [])
  return offences
}

const isDoor = (path: string): boolean => path === `src/${roomOf(path)}/index.ts`

/**
 * `others` are modules outside `src` whose imports count: tests, scripts, benchmarks. A room without a door is still being
 * built, and nobody can come in yet; the rule begins with its door.
 */
export function deadFileOffences(modules: readonly Module[], others: readonly Module[] = []): Offence[] {
  const withDoor = new Set(modules.filter(({ path }) => isDoor(path)).map(({ path }) => roomOf(path)))
  const imported = new Set<string | undefined>()
  for (const { path, imports } of [...modules, ...others]) {
    for (const { target } of imports) if (target !== path) imported.add(target)
  }
  return modules
    .filter(({ path }) => withDoor.has(roomOf(path)) && !imported.has(path) && !isDoor(path) && !isTest(path))
    .filter(({ path }) => !path.endsWith('.d.ts'))
    .map(({ path }) => ({ path, line: 1, message: 'nobody imports this file' }))
}
