/** Files whose types a schema may name without importing them: a descriptor that does so is refused. */
import type { Enum, Message, ProtoFile } from './model.ts'
import { groupsOf, type NamedType } from './names.ts'

/** The paths that lack so that all of the types are found, by way of public imports as well. */
export function missingImports(
  imported: ReadonlyMap<string, unknown>,
  others: ReadonlyMap<string, ProtoFile>,
  types: ReadonlySet<NamedType>,
): readonly string[] {
  if (types.size === 0) return []
  const visible = new Set(imported.keys())
  // What is added is visited as well.
  for (const path of visible) {
    for (const inner of others.get(path)?.imports ?? []) if (inner.kind === 'public') visible.add(inner.path)
  }
  const left = new Set<Message | Enum>([...types].map((type) => (type.kind === 'message' ? type.message : type.enum)))
  for (const path of visible) for (const type of typesOf(others.get(path))) left.delete(type)
  if (left.size === 0) return []
  return [...others]
    .filter(([path, file]) => !visible.has(path) && typesOf(file).some((type) => left.has(type)))
    .map(([path]) => path)
}

type Elements = Pick<Message, 'messages' | 'enums' | 'extends'>

function typesOf(elements: Elements | undefined): readonly (Message | Enum)[] {
  const found: (Message | Enum)[] = []
  const add = ({ messages, enums, extends: extensions }: Elements): void => {
    for (const type of enums) found.push(type)
    for (const message of [...messages, ...extensions.flatMap(({ groups }) => groups.map((group) => group.message))]) {
      addMessage(message)
    }
  }
  const addMessage = (message: Message): void => {
    found.push(message)
    add(message)
    for (const group of groupsOf(message)) addMessage(group.message)
  }
  if (elements !== undefined) add(elements)
  return found
}
