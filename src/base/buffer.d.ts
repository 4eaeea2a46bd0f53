/** Methods that every Node's Buffer has and its type declarations leave out: the fast ones, without a lookup of the encoding. */
interface Buffer {
  latin1Slice(start: number, end: number): string
  utf8Slice(start: number, end: number): string
  latin1Write(text: string, offset: number, length: number): number
  utf8Write(text: string, offset: number, length: number): number
}
