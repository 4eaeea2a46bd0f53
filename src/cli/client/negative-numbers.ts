/** `-o -5`: what begins with a hyphen would be another flag, but no flag is a number. */
export const withNegatives = (args: readonly string[]): string[] =>
  args.flatMap((arg, i) => {
    const isNumber = (text: string | undefined): boolean => /^-\d+$/.test(text ?? '')
    const isFlag = (text: string | undefined): boolean => /^(-[a-zA-Z]|--[a-z][\w.-]*)$/.test(text ?? '')
    if (isNumber(arg) && isFlag(args[i - 1])) return []
    const next = args[i + 1]
    if (!isFlag(arg) || next === undefined || !isNumber(next)) return [arg]
    return [arg.startsWith('--') ? `${arg}=${next}` : `${arg}${next}`]
  })
