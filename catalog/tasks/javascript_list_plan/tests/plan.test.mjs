import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plan } from '../plan.mjs'

const items = (ids) => [...ids].map((id) => ({ id }))

// Carries out one step on a list, which must allow it.
function carryOut(list, step) {
  const within = (at, length) => assert.ok(Number.isInteger(at) && at >= 0 && at < length, JSON.stringify(step))
  if (step.step === 'remove') {
    within(step.at, list.length)
    list.splice(step.at, 1)
  } else if (step.step === 'insert') {
    within(step.at, list.length + 1)
    list.splice(step.at, 0, structuredClone(step.item))
  } else if (step.step === 'move') {
    within(step.from, list.length)
    within(step.to, list.length)
    list.splice(step.to, 0, ...list.splice(step.from, 1))
  } else {
    assert.equal(step.step, 'update')
    within(step.at, list.length)
    for (const name of step.unset) assert.ok(Object.hasOwn(list[step.at], name) && delete list[step.at][name])
    Object.assign(list[step.at], structuredClone(step.set))
  }
}

const FIELDS = {
  remove: ['at', 'step'],
  insert: ['at', 'item', 'step'],
  move: ['from', 'step', 'to'],
  update: ['at', 'set', 'step', 'unset'],
}
const PHASES = { remove: 0, insert: 1, move: 1, update: 2 }

// The steps, after checking all that holds for any plan, with the ids of their items.
function checked(before, after, weights) {
  const given = structuredClone([before, after, weights])
  const steps = weights === undefined ? plan(given[0], given[1]) : plan(...given)
  assert.deepEqual(given, [before, after, weights])
  const list = structuredClone(before)
  const [oldIds, newIds] = [before, after].map((each) => each.map((item) => item.id))
  const touched = { remove: [], insert: [], move: [], update: [] }
  let last = { phase: -1, place: 0 }
  for (const step of steps) {
    assert.deepEqual(Object.keys(step).sort(), FIELDS[step.step])
    const id = step.step === 'insert' ? step.item.id : list[step.step === 'move' ? step.from : step.at].id
    const next = { phase: PHASES[step.step], place: step.step === 'remove' ? -step.at : newIds.indexOf(id) }
    assert.ok(next.phase > last.phase || (next.phase === last.phase && next.place > last.place))
    last = next
    assert.ok(!touched[step.step].includes(id))
    touched[step.step].push(id)
    carryOut(list, step)
  }
  assert.deepEqual(list, after)
  assert.deepEqual(touched.remove.reverse(), oldIds.filter((id) => !newIds.includes(id)))
  assert.deepEqual(touched.insert, newIds.filter((id) => !oldIds.includes(id)))
  return { steps, moved: touched.move, updated: touched.update }
}

const movedIds = (before, after, weights) => checked(items(before), items(after), weights).moved.join('')

test('equal lists need no steps', () => {
  const list = [{ id: 'a', size: { w: 1, h: [2, { z: 3, y: 4 }] } }, { id: 'b' }]
  const same = [{ size: { h: [2, { y: 4, z: 3 }], w: 1 }, id: 'a' }, { id: 'b' }]
  assert.deepEqual(plan(list, same), [])
  assert.deepEqual(plan([], []), [])
  assert.deepEqual(plan(list, [...same, { id: 'c' }]), [{ step: 'insert', at: 2, item: { id: 'c' } }])
})

test('items that are gone are removed from the end on', () => {
  const { steps } = checked(items('abcdef'), items('bd'))
  assert.deepEqual(steps, [5, 4, 2, 0].map((at) => ({ step: 'remove', at })))
  assert.deepEqual(checked(items('ab'), []).steps.length, 2)
})

test('new items are inserted in their order', () => {
  const after = [{ id: 'x', tags: ['new'] }, ...items('aybz')]
  assert.deepEqual(checked(items('ab'), after).steps, [
    { step: 'insert', at: 0, item: { id: 'x', tags: ['new'] } },
    { step: 'insert', at: 2, item: { id: 'y' } },
    { step: 'insert', at: 4, item: { id: 'z' } },
  ])
  assert.equal(checked([], items('pq')).steps.length, 2)
})

test('as few items as possible move', () => {
  assert.deepEqual(checked(items('abcd'), items('bcda')).steps, [{ step: 'move', from: 0, to: 3 }])
  assert.deepEqual(checked(items('abcd'), items('dabc')).steps, [{ step: 'move', from: 3, to: 0 }])
  assert.equal(movedIds('abcdefg', 'agbcdef'), 'g')
  assert.equal(movedIds('abcdef', 'defabc').length, 3)
  assert.equal(movedIds('abcde', 'edcba').length, 4)
  assert.equal(movedIds('abcdefgh', 'bachdegf').length, 3)
})

test('heavy items stay where light ones can move', () => {
  assert.equal(movedIds('abc', 'bca', { a: 3 }), 'bc')
  assert.equal(movedIds('abc', 'bca', { a: 3, b: 5 }), 'a')
  assert.equal(movedIds('abcde', 'edcba', { c: 2 }), 'edba')
  assert.equal(movedIds('abcdef', 'defabc', { a: 2, e: 5 }), 'abc')
  assert.equal(movedIds('abcdef', 'defabc', { a: 4, e: 3, z: 100 }), 'def')
})

test('of equal weights the fewest items move', () => {
  assert.equal(movedIds('abc', 'cab', { c: 2 }), 'c')
  assert.equal(movedIds('abc', 'bca', { a: 2 }), 'a')
  assert.equal(movedIds('abcdefg', 'efgabcd', { e: 2 }), 'efg')
  assert.equal(movedIds('abcdef', 'fdeabc', { f: 3, d: 2 }), 'fde')
})

test('items that are gone do not count for moves', () => {
  assert.equal(movedIds('axbycz', 'cab', { x: 50, y: 50 }), 'c')
  assert.equal(movedIds('abcd', 'dnab', { c: 9, n: 9, d: 3 }), 'ab')
})

test('fields are updated after all else, with as little as possible', () => {
  const before = [
    { id: 'a', title: 'A', done: false, z: 1, b: null },
    { id: 'b', title: 'B', nested: { list: [1, 2], deep: { x: 1 } } },
    { id: 'c', title: 'C' },
  ]
  const after = [
    { id: 'c', title: 'C', note: null },
    { id: 'n', title: 'new' },
    { id: 'a', title: 'A', done: true },
    { id: 'b', title: 'B', nested: { deep: { x: 1 }, list: [2, 1] } },
  ]
  assert.deepEqual(checked(before, after).steps.slice(2), [
    { step: 'update', at: 0, set: { note: null }, unset: [] },
    { step: 'update', at: 2, set: { done: true }, unset: ['b', 'z'] },
    { step: 'update', at: 3, set: { nested: { deep: { x: 1 }, list: [2, 1] } }, unset: [] },
  ])
})

test('values of other kinds differ', () => {
  const pairs = [
    [0, '0'], [null, 0], [[], {}], ['', null], [[1], [1, 2]], [{ a: 1 }, {}], [false, 0], [[[]], [{}]],
    [{ a: null }, { b: null }], [['a'], { 0: 'a' }],
  ]
  const before = pairs.map(([value], at) => ({ id: `i${at}`, value }))
  const after = pairs.map(([, value], at) => ({ id: `i${at}`, value }))
  const { steps } = checked(before, after)
  assert.deepEqual(steps, pairs.map(([, value], at) => ({ step: 'update', at, set: { value }, unset: [] })))
})

test('names of built-in properties are names like any other', () => {
  const before = [{ id: 'constructor', size: 1 }, { id: 'toString', valueOf: 1 }, { id: 'hasOwnProperty' }]
  const after = [{ id: 'hasOwnProperty' }, { id: 'constructor', toString: 'x' }, { id: 'toString' }]
  const { steps, moved } = checked(before, after)
  assert.deepEqual(moved, ['hasOwnProperty'])
  const rotated = [['constructor', 'x', 'y'], ['x', 'y', 'constructor']].map((ids) => ids.map((id) => ({ id })))
  assert.deepEqual(checked(...rotated).moved, ['constructor'])
  assert.deepEqual(checked(...rotated, { y: 2 }).moved, ['constructor'])
  assert.deepEqual(steps.slice(1), [
    { step: 'update', at: 1, set: { toString: 'x' }, unset: ['size'] },
    { step: 'update', at: 2, set: {}, unset: ['valueOf'] },
  ])
})

test('an id that is used twice in a list is refused', () => {
  assert.throws(() => plan(items('aba'), items('ab')), RangeError)
  assert.throws(() => plan(items('ab'), items('abb')), RangeError)
  assert.equal(plan(items('ab'), items('ba')).length, 1)
})

test('long lists', () => {
  const ids = Array.from({ length: 1000 }, (_, at) => `item ${at}`)
  const rotated = [...ids.slice(300), ...ids.slice(0, 300)]
  const toItems = (list) => list.map((id) => ({ id }))
  assert.deepEqual(checked(toItems(ids), toItems(rotated)).moved, ids.slice(0, 300))
  const weights = Object.fromEntries(ids.slice(0, 300).map((id) => [id, 10]))
  assert.deepEqual(checked(toItems(ids), toItems(rotated), weights).moved, ids.slice(300))
})

function randomNumbers(seed) {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

// Tries every set of items that could stay: the least weight that moves, and the least number of moves for it.
function leastMoves(before, after, weights) {
  const common = before.filter((id) => after.includes(id))
  let best = [Infinity, Infinity]
  for (let set = 0; set < 2 ** common.length; set += 1) {
    const stay = common.filter((_, at) => (set >> at) & 1)
    if (stay.some((id, at) => at > 0 && after.indexOf(stay[at - 1]) > after.indexOf(id))) continue
    const moves = common.filter((id) => !stay.includes(id))
    const weight = moves.reduce((sum, id) => sum + (weights[id] ?? 1), 0)
    if (weight < best[0] || (weight === best[0] && moves.length < best[1])) best = [weight, moves.length]
  }
  return best
}

test('random lists agree with an exhaustive search', () => {
  const random = randomNumbers(3)
  const shuffled = (list) => {
    const made = []
    for (const each of list) made.splice(random(made.length + 1), 0, each)
    return made
  }
  for (let round = 0; round < 120; round += 1) {
    const all = [...'abcdefghij']
    const [before, after] = [shuffled(all), shuffled(all)].map((ids) => ids.slice(0, 4 + random(6)))
    const weights = Object.fromEntries(all.filter(() => random(2)).map((id) => [id, 1 + random(4)]))
    const fields = () => (random(2) ? { value: random(2), [`f${random(2)}`]: random(2) } : {})
    const toItems = (ids) => ids.map((id) => ({ id, ...fields() }))
    const { moved } = checked(toItems(before), toItems(after), weights)
    const weight = moved.reduce((sum, id) => sum + (weights[id] ?? 1), 0)
    assert.deepEqual([weight, moved.length], leastMoves(before, after, weights))
  }
})
