/** Steps that turn the list `before` into the list `after`, moving as little weight as possible. */
export function plan(before, after, weights = {}) {
  throw new Error('not implemented')
}
