/** The files of Google that protobufjs has with it, as a schema may import them: `google/protobuf/timestamp.proto` and its like. */
import protobufjs from 'protobufjs'

/** Adds what the file has, where it is one of them. Names of fields are as of a file that is read with, or without, `keepCase`. */
export function addKnown(root: protobufjs.Root, path: string, keepCase: boolean): void {
  const nested = protobufjs.common.get(path)?.nested
  if (nested !== undefined) root.addJSON(renamed(nested, keepCase))
}

type Nested = Readonly<Record<string, protobufjs.AnyNestedObject>>

const renamed = (nested: Nested, keepCase: boolean): Nested =>
  Object.fromEntries(
    Object.entries(nested).map(([name, it]) => {
      const inner = 'nested' in it && it.nested !== undefined ? { nested: renamed(it.nested, keepCase) } : {}
      return [name, { ...it, ...inner, ...('fields' in it ? fieldsOf(it, keepCase) : {}) }]
    }),
  )

function fieldsOf(
  { fields, oneofs }: protobufjs.IType,
  keepCase: boolean,
): Pick<protobufjs.IType, 'fields' | 'oneofs'> {
  const named = (name: string): string =>
    keepCase ? name.replace(/[A-Z]/g, (char) => `_${char.toLowerCase()}`) : protobufjs.util.camelCase(name)
  const alternatives = Object.entries(oneofs ?? {}).map(([name, it]) => [name, { ...it, oneof: it.oneof.map(named) }])
  return {
    fields: Object.fromEntries(Object.entries(fields).map(([name, it]) => [named(name), it])),
    oneofs: Object.fromEntries(alternatives),
  }
}
