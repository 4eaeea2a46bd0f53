/** boolean; number for int, short, double; bigint for long; text for string, class and password; list. */
export type ConfigValue = boolean | number | bigint | string | readonly string[] | null
