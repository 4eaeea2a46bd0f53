/** Words for the numbers of the protocol. */
import { KafkaError } from '../kafka-error.ts'

/** The number of a word; `what` names it in the error. Throws KafkaError. */
export function codeOf<W extends string>(codes: Readonly<Record<W, number>>, word: W, what: string): number {
  if (Object.hasOwn(codes, word)) return codes[word]
  throw new KafkaError('INVALID_ARGUMENT', `${what}: there is no '${word}'`)
}

/** The word of a number that a broker has told; `unknown` where we have none for it. */
export function wordOf<W extends string>(codes: Readonly<Record<W, number>>, code: number): W | 'unknown' {
  for (const word in codes) if (codes[word] === code) return word
  return 'unknown'
}
