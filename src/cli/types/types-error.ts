/** What the operator can mend: a registry that does not answer, a subject that is not there, a schema that cannot be read. */
export class TypesError extends Error {
  override readonly name = 'TypesError'
}
