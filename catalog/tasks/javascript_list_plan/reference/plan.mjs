import { isDeepStrictEqual } from 'node:util'

/** Steps that turn the list `before` into the list `after`, moving as little weight as possible. */
export function plan(before, after, weights = {}) {
  const [old, wanted] = [indexById(before), indexById(after)]
  const ids = before.map((item) => item.id)
  const steps = removals(ids, wanted)
  const kept = heaviestInOrder(ids, (id) => wanted.get(id), (id) => (Object.hasOwn(weights, id) ? weights[id] : 1))
  after.forEach((item, index) => {
    if (kept.has(item.id)) return
    const place = index ? ids.indexOf(after[index - 1].id) + 1 : 0
    steps.push(old.has(item.id) ? move(ids, item.id, place) : insert(ids, item, place))
  })
  after.forEach((item, at) => {
    if (!old.has(item.id)) return
    const step = update(before[old.get(item.id)], item, at)
    if (step) steps.push(step)
  })
  return steps
}

function indexById(items) {
  const indexes = new Map(items.map((item, at) => [item.id, at]))
  if (indexes.size < items.length) throw new RangeError('two items of a list have the same id')
  return indexes
}

// Steps and changes of `ids` for items that are not wanted, from the end, so that no step shifts a later one.
function removals(ids, wanted) {
  const steps = []
  for (let at = ids.length - 1; at >= 0; at -= 1) {
    if (wanted.has(ids[at])) continue
    ids.splice(at, 1)
    steps.push({ step: 'remove', at })
  }
  return steps
}

function insert(ids, item, at) {
  ids.splice(at, 0, item.id)
  return { step: 'insert', at, item }
}

function move(ids, id, place) {
  const from = ids.indexOf(id)
  const to = from < place ? place - 1 : place
  ids.splice(from, 1)
  ids.splice(to, 0, id)
  return { step: 'move', from, to }
}

function update(old, item, at) {
  const changed = Object.entries(item).filter(
    ([name, value]) => !Object.hasOwn(old, name) || !isDeepStrictEqual(old[name], value),
  )
  const unset = Object.keys(old).filter((name) => !Object.hasOwn(item, name)).sort()
  return changed.length || unset.length ? { step: 'update', at, set: Object.fromEntries(changed), unset } : null
}

// The ids that keep their order in `after`: those of most weight, and of these as many as possible.
function heaviestInOrder(ids, positionOf, weightOf) {
  const chains = []
  let best = null
  for (const id of ids) {
    const position = positionOf(id)
    let previous = null
    for (const chain of chains) if (chain.position < position && isBetter(chain, previous)) previous = chain
    const chain = { id, position, previous }
    chain.weight = weightOf(id) + (previous?.weight ?? 0)
    chain.count = 1 + (previous?.count ?? 0)
    chains.push(chain)
    if (isBetter(chain, best)) best = chain
  }
  const kept = new Set()
  for (let chain = best; chain; chain = chain.previous) kept.add(chain.id)
  return kept
}

function isBetter(chain, other) {
  return !other || chain.weight > other.weight || (chain.weight === other.weight && chain.count > other.count)
}
