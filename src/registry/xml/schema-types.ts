/** Types by their full names: those of XML Schema itself, and those of a schema. */
import { builtInTypes, schemaNamespace } from './built-in-types.ts'
import { anyType, type SchemaModel, type TypeDefinition } from './components.ts'

const prefix = `{${schemaNamespace}}`

export function builtInType(name: string): TypeDefinition | undefined {
  if (!name.startsWith(prefix)) return undefined
  const local = name.slice(prefix.length)
  return local === 'anyType' ? anyType : builtInTypes.get(local)
}

export const typeNamed = (model: SchemaModel, name: string): TypeDefinition | undefined =>
  model.types.get(name) ?? builtInType(name)
