/** Takes each step, one after the other, also behind one that fails; rejects with the first failure at the end. */
export async function allSteps(...steps: readonly (() => unknown)[]): Promise<void> {
  let failure: { readonly error: unknown } | undefined
  for (const step of steps) {
    try {
      await step()
    } catch (error) {
      failure ??= { error }
    }
  }
  if (failure !== undefined) throw failure.error
}
