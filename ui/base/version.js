// Which of two states of a thing is the later one, whatever order they come in.

/**
 * Whether this is a later state than another one, or no earlier. What was kept before there were versions is the oldest.
 * @param {{version: string}} state @param {{version: string} | undefined} other
 */
export function isCurrent(state, other) {
  return BigInt(state.version ?? 0) >= BigInt(other?.version ?? 0);
}
