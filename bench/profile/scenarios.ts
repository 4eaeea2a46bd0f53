/** The scenarios that there are: what the files below `bench/scenarios` export, one or a list of them. */
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { root } from '../paths.ts'
import type { Scenario } from '../scenario.ts'
import { ProfileError } from './json.ts'

const isScenario = (value: unknown): value is Scenario =>
  typeof value === 'object' &&
  value !== null &&
  'name' in value &&
  'measure' in value &&
  typeof value.name === 'string' &&
  typeof value.measure === 'function'

/** That of this name, or all of a folder of this name. Throws where there is none, and says which there are. */
export async function scenariosOf(name: string): Promise<readonly Scenario[]> {
  const found: Scenario[] = []
  for (const path of globSync('bench/scenarios/**/*.ts', { cwd: root }).sort()) {
    const module: Readonly<Record<string, unknown>> = await import(pathToFileURL(join(root, path)).href)
    found.push(...Object.values(module).flat().filter(isScenario))
  }
  const meant = found.filter((scenario) => scenario.name === name || scenario.name.startsWith(`${name}/`))
  if (meant.length > 0) return meant
  throw new ProfileError(`no such scenario: ${name}; there are ${found.map((scenario) => scenario.name).join(', ')}`)
}
