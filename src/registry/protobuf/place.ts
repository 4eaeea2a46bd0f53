import { InvalidSchemaError } from '../formats/format.ts'

/** An error with the line and column of what is wrong, both counted from one. */
export function invalidAt(text: string, at: number, message: string): InvalidSchemaError {
  if (text === '') return new InvalidSchemaError(message)
  const before = text.slice(0, at)
  const line = before.split('\n').length
  const column = at - before.lastIndexOf('\n')
  return new InvalidSchemaError(`${message} (line ${line}, column ${column})`)
}

/** A name from outside as it is put into a message: not longer than one reads. */
export function shown(name: string): string {
  return name.length <= 100 ? `'${name}'` : `'${name.slice(0, 97)}...'`
}
