import { InvalidSchemaError } from '../formats/format.ts'
import type { ProtoFile } from './model.ts'
import { invalidAt, shown } from './place.ts'

/** Each import leads to a file that is given or known, and none in a circle. Throws InvalidSchemaError. */
export function checkImports(
  file: ProtoFile,
  given: ReadonlyMap<string, ProtoFile>,
  known: ReadonlyMap<string, ProtoFile>,
): void {
  for (const { at, path } of file.imports) {
    if (!given.has(path) && !known.has(path)) {
      throw invalidAt(file.text, at, `the import ${shown(path)} is not among the references of the schema`)
    }
  }
  /** How many of the given files that it imports are not sorted yet, and who waits for it. */
  const left = new Map<string, number>()
  const importers = new Map<string, string[]>()
  for (const [name, { imports }] of given) {
    const paths = new Set(imports.map(({ path }) => path))
    for (const path of paths) {
      if (!given.has(path) && !known.has(path)) {
        throw new InvalidSchemaError(
          `${shown(name)} imports ${shown(path)}, which is not among the references of the schema`,
        )
      }
    }
    const inner = [...paths].filter((path) => given.has(path))
    left.set(name, inner.length)
    for (const path of inner) importers.set(path, [...(importers.get(path) ?? []), name])
  }
  const sorted = [...left].filter(([, count]) => count === 0).map(([name]) => name)
  for (const name of sorted) {
    for (const importer of importers.get(name) ?? []) {
      const count = (left.get(importer) ?? 0) - 1
      left.set(importer, count)
      if (count === 0) sorted.push(importer)
    }
  }
  if (sorted.length === given.size) return
  const circular = [...left].find(([, count]) => count > 0)?.[0] ?? ''
  throw new InvalidSchemaError(`${shown(circular)} imports itself, by way of the files that it imports`)
}
