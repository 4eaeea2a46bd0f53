/** What a topic may be called, in Kafka's words. */
const lengthMax = 249

/** Why `name` is none; undefined if it is one. */
export function invalidTopicName(name: string): string | undefined {
  const reason = reasonAgainst(name)
  return reason === undefined ? undefined : `Topic name is invalid: ${reason}`
}

function reasonAgainst(name: string): string | undefined {
  if (name === '') return 'the empty string is not allowed'
  if (name === '.' || name === '..') return `'${name}' is not allowed`
  if (name.length > lengthMax) {
    return `the length of '${name}' is longer than the max allowed length ${lengthMax}`
  }
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
  }
  return undefined
}

/** Names that are one in a metric: there, '.' becomes '_'. */
export const collisionName = (name: string): string => name.replaceAll('.', '_')

export const mayCollide = (name: string): boolean => /[._]/.test(name)
