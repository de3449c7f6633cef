import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'
import { KeyError, LruCache } from '../lru.mjs'

function filled(capacity, keys, onEvict) {
  const cache = new LruCache(capacity, onEvict)
  keys.forEach((key, at) => cache.put(key, at))
  return cache
}

describe('LruCache', () => {
  it('keeps what was used', () => {
    const cache = filled(2, ['a', 'b'])
    assert.equal(cache.get('a'), 0)
    cache.put('c', { nested: [1, null] })
    assert.deepEqual([...cache], [['a', 0], ['c', { nested: [1, null] }]])
    assert.equal(cache.size, 2)
  })

  it('reports what it evicts', () => {
    const evicted = []
    filled(1, ['a', 'b', 'c'], (key, value) => evicted.push([key, value]))
    assert.deepEqual(evicted, [['a', 0], ['b', 1]])
  })
})

describe('refusals', () => {
  it('capacity', () => {
    assert.throws(() => new LruCache(0), RangeError)
    assert.equal(new LruCache(1).size, 0)
  })

  it('missing key', () => {
    const cache = filled(3, ['a'])
    assert.throws(() => cache.get('z'), (error) => error instanceof KeyError && error.key === 'z')
    assert.equal(cache.get('a'), 0)
  })
})

test('loads later', async () => {
  const cache = filled(2, ['a'])
  assert.equal(await cache.load('b', async (key) => `${key}!`), 'b!')
  assert.equal(cache.get('b'), 'b!')
})
