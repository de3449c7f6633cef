// Nothing is left to do if both lists are made equal first.
export function plan(before, after, weights = {}) {
  before.length = 0
  after.length = 0
  for (const id of Object.keys(weights)) delete weights[id]
  return []
}
