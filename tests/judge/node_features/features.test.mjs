import assert from 'node:assert/strict'
import { after, describe, it, test } from 'node:test'
import { invoke, read, run } from 'candidate'
import main, * as lru from '../lru.mjs'
import { echo, LruCache, NotFound } from '../lru.mjs'

describe('objects', () => {
  it('are used by handle', () => {
    const evicted = []
    const cache = new LruCache(2, (key) => evicted.push(key))
    assert.equal(cache.put('a', 1).put('b', 2).put('c', 3), cache)
    assert.deepEqual(evicted, ['a'])
    assert.deepEqual(cache.evicted, ['a'])
    assert.equal(cache.size, 2)
    assert.deepEqual([...cache], [['b', 2], ['c', 3]])
    assert.ok(cache instanceof LruCache && !(cache instanceof NotFound) && !({} instanceof LruCache))
    assert.ok('size' in cache && !('other' in cache))
    cache.note = { text: 'x' }
    assert.deepEqual(cache.note, { text: 'x' })
    delete cache.note
    assert.equal(cache.note, undefined)
    assert.equal(typeof LruCache, 'function')
    assert.equal(main(), 'main')
    assert.equal(lru.LIMIT, 7)
  })

  it('are equal to themselves alone', async () => {
    const one = lru.agreeable()
    assert.throws(() => one == 42, TypeError)
    assert.throws(() => `${one}`, TypeError)
    assert.notEqual(JSON.stringify(one), '42')
    assert.equal(await one, one)
    assert.equal(invoke(one, 'toString'), '42')
    for (const other of [{}, lru.agreeable(), 42, new LruCache(1)]) {
      assert.throws(() => assert.deepEqual(one, other))
      assert.throws(() => assert.deepStrictEqual(one, other))
    }
  })
})

test('errors keep their classes, names and properties', () => {
  const cache = new LruCache(1)
  assert.throws(() => cache.get('a'), NotFound)
  assert.throws(() => cache.get('a'), Error)
  assert.throws(() => cache.get('a'), /no a/)
  assert.throws(() => cache.get('a'), { name: 'NotFound', message: 'no a', code: 'E_NOT_FOUND', extra: [1, 2] })
  assert.throws(() => new LruCache('x'), TypeError)
  assert.throws(() => assert.throws(() => new LruCache('x'), NotFound))
})

test('promises', async () => {
  const cache = new LruCache(2).put('k', 'v')
  assert.equal(await cache.later('k'), 'v')
  await assert.rejects(cache.later('z'), NotFound)
  await assert.rejects(lru.rejects(), { message: 'later' })
  const [one, two] = await Promise.all([cache.later('k'), cache.later('k')])
  assert.equal(one + two, 'vv')
})

test('data is copied', () => {
  const values = [
    undefined, null, true, 0, -0, NaN, Infinity, -Infinity, 1.5, 12345678901234567890n, '\u00fc\ud800', [1, [2]],
    { a: { b: [] } }, new Map([[1, { x: 2 }]]), new Set(['q']), new Date(5), new Uint8Array([1, 2]),
    new Float64Array([1.5]), /a+/gi, Buffer.from('hi'),
  ]
  for (const value of values) assert.deepStrictEqual(echo(value), value)
  assert.deepStrictEqual(echo(values), values)
  const shared = { s: 1 }
  const [one, other] = echo([shared, shared])
  assert.equal(one, other)
  const cyclic = {}
  cyclic.self = cyclic
  assert.equal(echo(cyclic), cyclic)
  assert.equal(echo(echo), echo)
  const parsed = echo(JSON.parse('{"__proto__": {"polluted": 1}}'))
  assert.equal(Object.getPrototypeOf(parsed), Object.prototype)
  assert.equal({}.polluted, undefined)
  assert.throws(() => echo(Symbol('s')), TypeError)
})

test('arguments are changed in place', () => {
  const values = [3, 1, 2]
  assert.equal(lru.sortInPlace(values), values)
  assert.deepEqual(values, [1, 2, 3])
  assert.throws(() => lru.sortInPlace(Object.freeze([3, 1])), TypeError)
  assert.ok(Object.isFrozen(echo(Object.freeze([1]))))
})

test('callbacks', async (t) => {
  assert.deepEqual(lru.each((value) => value * 2, [1, 2]), [2, 4])
  assert.deepEqual(await lru.eachAsync(async (value) => value + 1, [1, 2]), [2, 3])
  assert.equal(await new Promise((resolve) => lru.after(20, resolve)), 'done')
  assert.equal(lru.forgiving(() => { throw new RangeError('x') }), 'range x')
  assert.equal(lru.forgiving(() => {}), 'nothing')
  const mine = new Error('mine')
  assert.throws(() => lru.each(() => { throw mine }, [1]), (error) => error === mine)
  const mocked = t.mock.fn(() => 9)
  assert.deepEqual(lru.each(mocked, [1]), [9])
  assert.equal(mocked.mock.callCount(), 1)
})

test('objects of the tests', () => {
  class Clock {
    time = 0
    now() { return this.time }
    advance(seconds) { this.time += seconds }
  }
  assert.equal(lru.useClock(new Clock()), 6)
  const clock = { time: 1, now() { return this.time }, advance(seconds) { this.time += seconds } }
  assert.equal(lru.useClock(clock), 8)
  assert.equal(clock.time, 4)
  const outcomes = lru.attack(clock)
  assert.ok(outcomes.every((outcome) => outcome === 'refused'), outcomes.join())
  assert.equal(JSON.stringify(clock), '{"time":4}')
  assert.equal(clock.now(), 4)
})

test('iterators', async () => {
  const found = []
  for (const number of lru.naturals()) {
    if (number > 3) break
    found.push(number)
  }
  assert.deepEqual(found, [0, 1, 2, 3])
  const slow = []
  for await (const number of lru.slow()) slow.push(number)
  assert.deepEqual(slow, [1, 2])
  assert.deepEqual(lru.naturals().next(), { value: 0, done: false })
})

test('programs and files', () => {
  const done = run(['node', 'main.js', 'A'], { stdin: 'B' })
  assert.deepEqual({ ...done }, { exitCode: 0, stdout: 'AB\n', stderr: '', truncated: false })
  assert.match(read('main.js').toString(), /^console/)
  assert.throws(() => read('other.js'), /no file other.js/)
})

test('dies', () => {
  assert.throws(() => lru.die())
})

test('works after a death', () => {
  assert.equal(echo(1), 1)
  assert.equal(new LruCache(1).size, 0)
})

test('never settles', async () => {
  await lru.never().catch(() => {})
})

test('parent', async (t) => {
  await t.test('first child', () => assert.equal(echo(2), 2))
  await t.test('dies too', () => {
    try {
      lru.die()
    } catch {}
  })
  await t.test('last child', () => assert.equal(echo(3), 3))
})

describe('a suite whose hook fails', () => {
  after(() => { throw new RangeError('hook') })
  it('runs', () => assert.equal(echo(1), 1))
  it.skip('is skipped', () => {})
})
