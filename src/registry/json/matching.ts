/**
 * The greatest number of pairs between two groups in which nobody is twice: `choices` has for each of the first group those of the
 * second that it can be with. One after the other finds a partner; who is displaced looks for another one. Without recursion, since a
 * chain of displaced ones can be as long as the group.
 */
export const maximumMatching = (choices: readonly (readonly number[])[]): ReadonlyMap<number, number> => {
  const matching = new Map<number, number>()
  const reverse = new Map<number, number>()
  for (const one of choices.keys()) findPartner(one, choices, matching, reverse)
  return new Map([...matching].sort(([a], [b]) => a - b))
}

const findPartner = (
  one: number,
  choices: readonly (readonly number[])[],
  matching: Map<number, number>,
  reverse: Map<number, number>,
): void => {
  /** By whom each of the second group was first asked. */
  const askedBy = new Map<number, number>()
  const asking = [one]
  for (const who of asking) {
    for (const asked of choices[who] ?? []) {
      if (askedBy.has(asked)) continue
      askedBy.set(asked, who)
      const partner = reverse.get(asked)
      if (partner === undefined) {
        displace(asked, askedBy, matching, reverse)
        return
      }
      asking.push(partner)
    }
  }
}

/** Back along the way that led to a free one: each takes the one that it asked, and leaves the one it had; the first had none. */
const displace = (
  free: number,
  askedBy: ReadonlyMap<number, number>,
  matching: Map<number, number>,
  reverse: Map<number, number>,
): void => {
  for (let asked: number | undefined = free; asked !== undefined; ) {
    const who = askedBy.get(asked)
    if (who === undefined) return
    const had = matching.get(who)
    matching.set(who, asked)
    reverse.set(asked, who)
    asked = had
  }
}
