import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Store, StoreError } from '../store.mjs'

function withCells(values) {
  const store = new Store()
  for (const [name, value] of Object.entries(values)) store.cell(name, value)
  return store
}

function hasCode(code, details = {}) {
  return (error) => {
    assert.ok(error instanceof StoreError)
    assert.equal(error.code, code)
    for (const [name, value] of Object.entries(details)) assert.deepEqual(error[name], value)
    return true
  }
}

// Adds a computed cell; returns the values that it has computed.
function counted(store, name, compute) {
  const computed = []
  store.computed(name, (get) => {
    const value = compute(get)
    computed.push(value)
    return value
  })
  return computed
}

// Watches cells; returns [name, value, previous] of each call, in order.
function watched(store, names) {
  const calls = []
  for (const name of names) store.watch(name, (value, previous) => void calls.push([name, value, previous]))
  return calls
}

test('cells hold any value under names that are checked', () => {
  const store = withCells({ a: 1, b: { deep: [1, null] }, toString: undefined })
  assert.equal(store.get('a'), 1)
  assert.deepEqual(store.get('b'), { deep: [1, null] })
  assert.equal(store.get('toString'), undefined)
  store.set('a', null)
  store.set('b', 'text')
  assert.deepEqual([store.get('a'), store.get('b')], [null, 'text'])
  store.set('a', 1)
  store.computed('double', (get) => get('a') * 2)
  assert.throws(() => store.cell('a', 2), hasCode('exists'))
  assert.throws(() => store.cell('double', 2), hasCode('exists'))
  assert.throws(() => store.computed('a', () => 2), hasCode('exists'))
  assert.throws(() => store.get('z'), hasCode('unknown'))
  assert.throws(() => store.set('z', 1), hasCode('unknown'))
  assert.throws(() => store.watch('constructor', () => {}), hasCode('unknown'))
  assert.throws(() => store.set('double', 5), hasCode('readonly'))
  store.computed('broken', (get) => get('later'))
  assert.throws(() => store.get('broken'), hasCode('unknown'))
  store.cell('later', 3)
  assert.deepEqual([store.get('a'), store.get('double'), store.get('broken')], [1, 2, 3])
})

test('values are computed when they are read, and once', () => {
  const store = withCells({ a: 2, other: 0 })
  const squares = counted(store, 'square', (get) => get('a') * get('a'))
  assert.deepEqual(squares, [])
  assert.deepEqual([store.get('square'), store.get('square')], [4, 4])
  store.set('other', 1)
  assert.equal(store.get('square'), 4)
  assert.deepEqual(squares, [4])
  store.set('a', 3)
  store.set('a', 5)
  assert.deepEqual(squares, [4])
  assert.equal(store.get('square'), 25)
  assert.deepEqual(squares, [4, 25])
})

test('nothing is computed again if what it read is the same', () => {
  const store = withCells({ a: 1, b: NaN, c: 0 })
  const sums = counted(store, 'sum', (get) => [get('a'), get('b'), get('c')].join())
  assert.equal(store.get('sum'), '1,NaN,0')
  store.set('b', NaN)
  store.set('a', 2)
  store.set('a', 1)
  store.get('sum')
  assert.equal(sums.length, 1)
  store.set('c', -0)
  store.get('sum')
  assert.equal(sums.length, 2)
  const parities = counted(store, 'parity', (get) => Math.abs(get('a') % 2))
  const labels = counted(store, 'label', (get) => (get('parity') ? 'odd' : 'even'))
  assert.equal(store.get('label'), 'odd')
  store.set('a', 7)
  assert.equal(store.get('label'), 'odd')
  assert.deepEqual([parities, labels], [[1, 1], ['odd']])
  store.set('a', 8)
  assert.equal(store.get('label'), 'even')
  assert.deepEqual(labels, ['odd', 'even'])
})

test('only what was read last time counts', () => {
  const store = withCells({ useLeft: true, left: 'l', right: 'r' })
  const chosen = counted(store, 'chosen', (get) => (get('useLeft') ? get('left') : get('right')))
  assert.equal(store.get('chosen'), 'l')
  store.set('right', 'r2')
  store.get('chosen')
  assert.deepEqual(chosen, ['l'])
  store.set('useLeft', false)
  assert.equal(store.get('chosen'), 'r2')
  store.set('left', 'l2')
  store.get('chosen')
  assert.deepEqual(chosen, ['l', 'r2'])
  store.set('right', 'r3')
  assert.equal(store.get('chosen'), 'r3')
})

test('what a change makes unnecessary is not computed', () => {
  const store = withCells({ rows: 4, total: 20 })
  const means = counted(store, 'mean', (get) => get('total') / get('rows'))
  const texts = counted(store, 'text', (get) => (get('rows') ? `mean ${get('mean')}` : 'empty'))
  assert.equal(store.get('text'), 'mean 5')
  store.set('rows', 0)
  assert.equal(store.get('text'), 'empty')
  store.set('total', 30)
  store.set('rows', 5)
  assert.equal(store.get('text'), 'mean 6')
  assert.deepEqual([means, texts], [[5, 6], ['mean 5', 'empty', 'mean 6']])
  const lengths = counted(store, 'length', (get) => get('rows'))
  const longs = counted(store, 'long', (get) => get('length') > 3 ? get('mean') : 0)
  store.get('long')
  store.set('rows', 0)
  assert.equal(store.get('long'), 0)
  assert.deepEqual([means, lengths, longs], [[5, 6], [5, 0], [6, 0]])
})

test('reads outside of the given get are not tracked', () => {
  const store = withCells({ a: 1, hidden: 10 })
  const sums = counted(store, 'sum', (get) => get('a') + store.get('hidden'))
  assert.equal(store.get('sum'), 11)
  store.set('hidden', 20)
  assert.equal(store.get('sum'), 11)
  store.set('a', 2)
  assert.equal(store.get('sum'), 22)
  assert.deepEqual(sums, [11, 22])
})

test('many levels are computed once each', () => {
  const store = withCells({ left0: 1, right0: 2 })
  let computed = 0
  for (let level = 1; level <= 40; level += 1) {
    for (const [name, factor] of [['left', 1], ['right', 3]]) {
      store.computed(name + level, (get) => {
        computed += 1
        return (get(`left${level - 1}`) + factor * get(`right${level - 1}`)) % 1009
      })
    }
  }
  for (const start of [1, 5]) {
    store.set('left0', start)
    let [left, right] = [start, 2]
    for (let level = 1; level <= 40; level += 1) [left, right] = [(left + right) % 1009, (left + 3 * right) % 1009]
    assert.deepEqual([store.get('left40'), store.get('right40')], [left, right])
  }
  assert.equal(computed, 160)
})

test('errors of computations are passed on and not kept', () => {
  const store = withCells({ a: 0 })
  let allowed = false
  const mine = new RangeError('not allowed')
  const values = counted(store, 'value', (get) => {
    get('a')
    if (!allowed) throw mine
    return 'value'
  })
  store.computed('outer', (get) => `outer ${get('value')}`)
  assert.throws(() => store.get('outer'), (error) => error === mine)
  assert.throws(() => store.get('value'), (error) => error === mine)
  allowed = true
  assert.equal(store.get('outer'), 'outer value')
  allowed = false
  assert.equal(store.get('value'), 'value')
  store.set('a', 1)
  assert.throws(() => store.get('outer'), (error) => error === mine)
  store.set('a', 0)
  assert.throws(() => store.get('outer'), (error) => error === mine)
  assert.deepEqual(values, ['value'])
})

test('cycles are refused with their path, as long as they exist', () => {
  const store = withCells({ loop: true })
  store.computed('start', (get) => get('a'))
  store.computed('a', (get) => get('b') + 1)
  store.computed('b', (get) => (get('loop') ? get('c') : 1))
  store.computed('c', (get) => get('a') + 1)
  store.computed('self', (get) => get('self'))
  assert.throws(() => store.get('start'), hasCode('cycle', { path: ['a', 'b', 'c', 'a'] }))
  assert.throws(() => store.get('c'), hasCode('cycle', { path: ['c', 'a', 'b', 'c'] }))
  assert.throws(() => store.get('self'), hasCode('cycle', { path: ['self', 'self'] }))
  store.set('loop', false)
  assert.deepEqual([store.get('start'), store.get('c')], [2, 3])
  store.set('loop', true)
  assert.throws(() => store.get('b'), hasCode('cycle', { path: ['b', 'c', 'a', 'b'] }))
  store.set('loop', false)
  assert.equal(store.get('b'), 1)
})

test('listeners are called for changes, in the order of watching', () => {
  const store = withCells({ a: 1, b: 1 })
  store.computed('sum', (get) => get('a') + get('b'))
  store.computed('sign', (get) => Math.sign(get('sum')))
  const calls = watched(store, ['sign', 'a', 'sum'])
  const stop = store.watch('a', () => void calls.push(['second']))
  assert.deepEqual(calls, [])
  store.set('a', 5)
  assert.deepEqual(calls.splice(0), [['a', 5, 1], ['sum', 6, 2], ['second']])
  stop()
  store.set('a', 5)
  store.set('b', -9)
  assert.deepEqual(calls.splice(0), [['sign', -1, 1], ['sum', -4, 6]])
  store.set('a', 6)
  assert.deepEqual(calls, [['a', 6, 5], ['sum', -3, -4]])

  const other = withCells({ a: 1 })
  const rounds = []
  const stops = []
  other.watch('a', (value) => {
    rounds.push(`first ${value}`)
    stops[0]()
  })
  stops.push(other.watch('a', (value) => void rounds.push(`second ${value}`)))
  other.watch('a', (value) => void rounds.push(`third ${value}`))
  other.set('a', 2)
  assert.deepEqual(rounds, ['first 2', 'third 2'])

  const odd = withCells({ nan: NaN, zero: 0 })
  const changes = watched(odd, ['nan', 'zero'])
  odd.set('zero', -0)
  assert.deepEqual(changes, [['zero', -0, 0]])
})

test('a batch calls listeners once, after its end', () => {
  const store = withCells({ a: 1, b: 2, c: 3 })
  const sums = counted(store, 'sum', (get) => get('a') + get('b'))
  const calls = watched(store, ['sum', 'a', 'c'])
  const seen = []
  const result = store.batch(() => {
    store.set('a', 10)
    seen.push(store.get('sum'))
    store.batch(() => store.set('b', 20))
    store.set('c', 4)
    store.set('c', 3)
    seen.push(calls.length, store.get('b'))
    return 'result'
  })
  assert.equal(result, 'result')
  assert.deepEqual(seen, [12, 0, 20])
  assert.deepEqual(calls.splice(0), [['sum', 30, 3], ['a', 10, 1]])
  assert.deepEqual(sums, [3, 12, 30])
  const mine = new TypeError('mine')
  assert.throws(() => store.batch(() => {
    store.set('c', 5)
    throw mine
  }), (error) => error === mine)
  assert.deepEqual(calls, [['c', 5, 3]])
  store.set('c', 6)
  assert.deepEqual(calls.length, 2)
})

test('changes by listeners lead to further rounds', () => {
  const store = withCells({ input: 1, even: 0, log: '' })
  const calls = []
  store.watch('log', (value) => void calls.push(`log ${value}`))
  store.watch('input', (value) => {
    calls.push(`input ${value}`)
    if (value % 2) store.set('input', value + 1)
    else store.set('even', value)
    store.set('log', `${store.get('log')}${value}`)
    calls.push(`ready ${value}`)
  })
  const stop = store.watch('even', (value, previous) => {
    calls.push(`even ${value} ${previous}`)
    stop()
    store.watch('even', (added) => void calls.push(`added ${added}`))
  })
  store.watch('input', (value) => void calls.push(`last ${value}`))
  store.set('input', 5)
  const expected = ['input 5', 'ready 5', 'last 6', 'log 5', 'input 6', 'ready 6', 'even 6 0', 'log 56']
  assert.deepEqual(calls.splice(0), expected)
  store.set('even', 8)
  assert.deepEqual(calls, ['added 8'])

  const other = withCells({ a: 0, b: 0 })
  const order = []
  other.watch('b', (value) => void order.push(`old ${value}`))
  const end = other.watch('a', () => {
    other.watch('b', (value) => void order.push(`new ${value}`))
    end()
  })
  other.watch('a', (value) => {
    order.push('sets')
    other.set('b', value)
  })
  other.set('a', 1)
  assert.deepEqual(order, ['sets', 'old 1', 'new 1'])
})

test('listeners that never come to rest are stopped', () => {
  const store = withCells({ a: 0, b: 0 })
  let calls = 0
  const stop = store.watch('a', (value) => {
    calls += 1
    store.set('a', value + 1)
  })
  assert.throws(() => store.set('a', 1), hasCode('unstable'))
  assert.deepEqual([calls, store.get('a')], [100, 101])
  stop()
  const changes = watched(store, ['a', 'b'])
  store.watch('b', (value) => value < 100 && store.set('b', value + 1))
  store.set('b', 1)
  assert.deepEqual([store.get('b'), changes.length], [100, 100])
})

test('errors of listeners and of watched cells keep no other listener from being called', () => {
  const store = withCells({ a: 1 })
  const errors = [new RangeError('one'), new TypeError('two')]
  store.computed('inverse', (get) => {
    if (get('a') === 0) throw new Error('no inverse')
    return 1 / get('a')
  })
  const calls = watched(store, ['inverse'])
  store.watch('a', (value) => { if (value > 5) throw errors[0] })
  store.watch('a', (value) => { if (value > 5) throw errors[1] })
  store.watch('a', (value) => void calls.push(value))
  assert.throws(() => store.set('a', 10), (error) => error === errors[0])
  store.set('a', 0)
  store.set('a', 10 / 5)
  assert.deepEqual(calls, [['inverse', 0.1, 1], 10, 0, ['inverse', 0.5, 0.1], 2])
  const mine = new Error('of the batch')
  assert.throws(() => store.batch(() => {
    store.set('a', 8)
    throw mine
  }), (error) => error === mine)
  store.set('a', 0)
  assert.throws(() => store.watch('inverse', () => {}), /no inverse/)
  assert.deepEqual(calls.slice(5), [['inverse', 0.125, 0.5], 8, 0])

  const other = withCells({ a: 0, b: 0 })
  const order = []
  other.watch('b', () => void order.push('b'))
  other.watch('a', () => {
    other.set('b', 1)
    throw mine
  })
  other.watch('a', () => void order.push('a'))
  assert.throws(() => other.set('a', 1), (error) => error === mine)
  assert.deepEqual(order, ['a', 'b'])
})

test('computations change nothing', () => {
  const store = withCells({ a: 1, allowed: false })
  store.computed('sets', (get) => {
    if (!get('allowed')) store.set('a', 2)
    return get('a')
  })
  store.computed('batches', (get) => (get('allowed') ? 0 : store.batch(() => 1)))
  store.computed('outer', (get) => get('sets'))
  assert.throws(() => store.get('outer'), hasCode('computing'))
  assert.throws(() => store.get('batches'), hasCode('computing'))
  store.set('allowed', true)
  assert.deepEqual([store.get('outer'), store.get('batches')], [1, 0])
})

function randomNumbers(seed) {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

test('random stores agree with values that are computed anew each time', () => {
  for (let seed = 1; seed <= 5; seed += 1) {
    const random = randomNumbers(seed)
    const values = { c0: 0, c1: 1, c2: 2, c3: 3 }
    const store = withCells(values)
    const rules = {}
    const plain = (name) => (name in values ? values[name] : rules[name](plain))
    const names = Object.keys(values)
    const lastReads = {}
    for (let number = 0; number < 8; number += 1) {
      const [test, yes, no] = [0, 0, 0].map(() => names[random(names.length)])
      const divisor = 2 + random(3)
      rules[`k${number}`] = (get) => (get(test) % 2 ? get(yes) % divisor : get(no) + 1)
      store.computed(`k${number}`, (get) => {
        const before = lastReads[`k${number}`]
        if (before) assert.ok(before.some(([name, value]) => plain(name) !== value))
        const reads = (lastReads[`k${number}`] = [])
        return rules[`k${number}`]((name) => {
          const value = get(name)
          reads.push([name, value])
          return value
        })
      })
      names.push(`k${number}`)
    }
    const watchedNames = [...names].reverse().filter(() => random(2))
    const calls = watched(store, watchedNames)
    for (let step = 0; step < 40; step += 1) {
      const before = Object.fromEntries(watchedNames.map((name) => [name, plain(name)]))
      const changes = Array.from({ length: random(3) }, () => [`c${random(4)}`, random(6)])
      for (const [name, value] of changes) values[name] = value
      if (changes.length === 1) store.set(...changes[0])
      else store.batch(() => changes.forEach((change) => store.set(...change)))
      const changed = watchedNames.filter((name) => plain(name) !== before[name])
      assert.deepEqual(calls.splice(0), changed.map((name) => [name, plain(name), before[name]]))
      const name = names[random(names.length)]
      assert.equal(store.get(name), plain(name))
    }
  }
})
