/** The command line is wrong, so that nothing was tried. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
