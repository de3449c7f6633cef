import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Routes } from '../routes.mjs'

// Routes by name: 'METHOD pattern', or a pattern for GET.
function routesOf(table) {
  const routes = new Routes()
  for (const [name, text] of Object.entries(table)) {
    const [method, pattern] = text.includes(' ') ? text.split(' ') : ['GET', text]
    routes.add(method, pattern, name)
  }
  return routes
}

const found = (name, params = {}) => ({ status: 200, name, params })
const NOT_FOUND = { status: 404 }

test('literal segments match themselves', () => {
  const routes = routesOf({ root: '/', users: '/users', deep: '/a/b-c/d.e_f~1' })
  assert.deepEqual(routes.match('GET', '/'), found('root'))
  assert.deepEqual(routes.match('GET', '/users'), found('users'))
  assert.deepEqual(routes.match('GET', '/a/b-c/d.e_f~1'), found('deep'))
  for (const path of ['/Users', '/user', '/users/x', '/a/b-c', '/a/b-c/dxe_f~1', '//', '//users', '/constructor']) {
    assert.deepEqual(routes.match('GET', path), NOT_FOUND, path)
  }
  assert.deepEqual(new Routes().match('GET', '/'), NOT_FOUND)
})

test('parameters take one segment of their type', () => {
  const routes = routesOf({ any: '/any/:name', int: '/int/:id<int>/x', slug: '/slug/:theSlug2<slug>' })
  assert.deepEqual(routes.match('GET', '/any/A b!'), found('any', { name: 'A b!' }))
  for (const [text, id] of [['0', 0], ['7', 7], ['9007199254740991', 9007199254740991]]) {
    assert.deepEqual(routes.match('GET', `/int/${text}/x`), found('int', { id }))
  }
  for (const text of ['07', '-1', '1.5', '1e3', '+1', '', 'x', '9007199254740992', '١', '1 ', '0x1']) {
    assert.deepEqual(routes.match('GET', `/int/${text}/x`), NOT_FOUND, text)
  }
  for (const theSlug2 of ['a', '7', 'a-b-2', 'abc']) {
    assert.deepEqual(routes.match('GET', `/slug/${theSlug2}`), found('slug', { theSlug2 }))
  }
  for (const text of ['A', '-a', 'a-', 'a--b', 'a_b', 'é', 'a\n']) {
    assert.deepEqual(routes.match('GET', `/slug/${text}`), NOT_FOUND, text)
  }
  assert.deepEqual(routes.match('GET', '/any//'), NOT_FOUND)
})

test('a rest takes one or more segments', () => {
  const routes = routesOf({ files: '/files/*path', all: 'POST /*everything' })
  assert.deepEqual(routes.match('GET', '/files/a'), found('files', { path: ['a'] }))
  assert.deepEqual(routes.match('GET', '/files/a/b%2Fc/1'), found('files', { path: ['a', 'b/c', '1'] }))
  assert.deepEqual(routes.match('POST', '/files'), found('all', { everything: ['files'] }))
  assert.deepEqual(routes.match('POST', '/'), NOT_FOUND)
  assert.deepEqual(routes.match('GET', '/files//a'), NOT_FOUND)
})

test('segments are decoded after the path is split', () => {
  const routes = routesOf({ user: '/user-s/:name', int: '/n/:id<int>' })
  assert.deepEqual(routes.match('GET', '/user%2Ds/a%2Fb%20%C3%A9+%25'), found('user', { name: 'a/b é+%' }))
  assert.deepEqual(routes.match('GET', '/n/%31%32'), found('int', { id: 12 }))
  for (const path of ['/user-s/%', '/user-s/%zz', '/x/%C3', 'user-s/a', '', '/nowhere/%E0%A4%A']) {
    assert.deepEqual(routes.match('GET', path), { status: 400 }, path)
  }
})

test('the most specific route matches, whatever the order of adding', () => {
  const patterns = ['/*x', '/:x', '/:x<slug>', '/:x<int>', '/42', '/42/*x', '/:x/b', '/:x<int>/:y', '/:x<slug>/b']
  const expected = {
    '/42': '/42', '/43': '/:x<int>', '/x': '/:x<slug>', '/X': '/:x', '/042': '/:x<slug>', '/X/Y': '/*x',
    '/42/b': '/42/*x', '/43/b': '/:x<int>/:y', '/x/b': '/:x<slug>/b', '/X/b': '/:x/b', '/x/c': '/*x', '/43/b/c': '/*x',
  }
  for (const order of [patterns, [...patterns].reverse()]) {
    const routes = routesOf(Object.fromEntries(order.map((pattern) => [pattern, pattern])))
    for (const [path, name] of Object.entries(expected)) assert.equal(routes.match('GET', path).name, name, path)
  }
})

test('other methods have other routes', () => {
  const routes = routesOf({ list: '/a', make: 'POST /a', put: 'PUT /:x', remove: 'DELETE /a', patch: 'PATCH /*x' })
  const names = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD'].map((method) => routes.match(method, '/a').name)
  assert.deepEqual(names, ['list', 'make', 'put', 'remove', 'patch', 'list'])
  assert.deepEqual(routes.match('PUT', '/a'), found('put', { x: 'a' }))
})

test('a path without a route of the method tells which methods it has', () => {
  const routes = routesOf({ list: '/a/:id<int>', put: 'PUT /a/:id', patch: 'PATCH /a/*id', post: 'POST /b' })
  assert.deepEqual(routes.match('DELETE', '/a/1'), { status: 405, allow: ['GET', 'HEAD', 'PATCH', 'PUT'] })
  assert.deepEqual(routes.match('GET', '/a/x'), { status: 405, allow: ['PATCH', 'PUT'] })
  assert.deepEqual(routes.match('HEAD', '/b'), { status: 405, allow: ['POST'] })
  assert.deepEqual(routes.match('get', '/a/1'), { status: 405, allow: ['GET', 'HEAD', 'PATCH', 'PUT'] })
  assert.deepEqual(routes.match('DELETE', '/c'), NOT_FOUND)
})

test('a slash at the end is redirected to the path without it', () => {
  const routes = routesOf({ users: 'POST /users', file: '/f/*path', root: '/', any: '/x/:y' })
  assert.deepEqual(routes.match('POST', '/users/'), { status: 308, location: '/users' })
  assert.deepEqual(routes.match('GET', '/users/'), { status: 308, location: '/users' })
  assert.deepEqual(routes.match('GET', '/f/a%2F/b%20/'), { status: 308, location: '/f/a%2F/b%20' })
  for (const path of ['/nobody/', '/f/', '/f/a//', '/users//', '//', '/x/']) {
    assert.deepEqual(routes.match('GET', path), NOT_FOUND, path)
  }
  assert.deepEqual(routes.match('GET', '/users/%/'), { status: 400 })
  assert.deepEqual(routes.match('GET', '/'), found('root'))
})

test('malformed patterns and methods are refused', () => {
  const routes = new Routes()
  const wrong = [
    '', 'a', '/a/', '//', '/a//b', '/:', '/:1', '/:Name', '/:a<>', '/:a<word>', '/:a<int', '/*', '/*a/b', '/a b',
    '/a%20', '/é', '/x:a', '/:a-b', '/*a<int>', '/:a/:a', '/:a<int>/*a', '/a?', '/a\n',
  ]
  for (const pattern of wrong) assert.throws(() => routes.add('GET', pattern, 'x'), SyntaxError, pattern)
  for (const method of ['HEAD', 'get', 'OPTIONS', '', 'constructor']) {
    assert.throws(() => routes.add(method, '/a', 'x'), SyntaxError, method)
  }
  routes.add('GET', '/:aB9/*b', 'x')
  assert.deepEqual(routes.match('GET', '/1/2'), found('x', { aB9: '1', b: ['2'] }))
})

test('routes that mean the same, and names that are in use, are refused', () => {
  const routes = routesOf({ one: '/a/:x/b', two: '/a/:x<int>/b', three: '/*x', root: '/' })
  const same = [['/a/:y/b', 'n'], ['/a/:y<int>/b', 'n'], ['/*y', 'n'], ['/', 'n'], ['/new', 'one']]
  for (const [pattern, name] of same) assert.throws(() => routes.add('GET', pattern, name), Error, pattern)
  routes.add('POST', '/a/:y/b', 'n')
  routes.add('GET', '/a/:y<slug>/b', 'm')
  assert.deepEqual(routes.match('GET', '/a/x/b'), found('m', { y: 'x' }))
  assert.deepEqual(routes.match('GET', '/a/X/b'), found('one', { x: 'X' }))
  assert.deepEqual(routes.match('POST', '/a/x/b'), found('n', { y: 'x' }))
  assert.deepEqual(routes.match('GET', '/new'), found('three', { x: ['new'] }))
})

test('links are paths with encoded values', () => {
  const routes = routesOf({ root: '/', user: 'POST /users/:id<int>/:tag<slug>/:name', files: '/files/*path' })
  assert.equal(routes.link('root'), '/')
  assert.equal(routes.link('user', { id: 7, tag: 'a-1', name: 'ä/b c?' }), '/users/7/a-1/%C3%A4%2Fb%20c%3F')
  assert.equal(routes.link('files', { path: ['a b', 'c/d', '%'] }), '/files/a%20b/c%2Fd/%25')
  const params = { path: ['a/b', '+'] }
  assert.deepEqual(routes.match('GET', routes.link('files', params)), found('files', { path: ['a/b', '+'] }))
})

test('links refuse values that do not fit', () => {
  const routes = routesOf({ int: '/:id<int>', slug: '/s/:a<slug>', any: '/x/:toString', rest: '/r/*path' })
  for (const id of ['7', -1, 1.5, NaN, 2 ** 53, null, undefined, [7]]) {
    assert.throws(() => routes.link('int', { id }), TypeError, String(id))
  }
  for (const a of ['A', '', 'a--b', 7, null]) assert.throws(() => routes.link('slug', { a }), TypeError, String(a))
  for (const path of [[], 'a', ['a', ''], ['a', 1], null, { 0: 'a', length: 1 }]) {
    assert.throws(() => routes.link('rest', { path }), TypeError)
  }
  assert.throws(() => routes.link('any'), TypeError)
  assert.throws(() => routes.link('any', { toString: '' }), TypeError)
  assert.throws(() => routes.link('any', { toString: 'x', other: 'y' }), TypeError)
  assert.throws(() => routes.link('none', {}), Error)
  assert.equal(routes.link('any', { toString: 'x' }), '/x/x')
  assert.equal(routes.link('int', { id: 0 }), '/0')
})

function randomNumbers(seed) {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const KINDS = [
  ['a', 'a', 0], ['1', '1', 0], [':x<int>', '(0|[1-9]\\d*)', 1], [':x<slug>', '([a-z0-9]+)', 2], [':x', '([^/]+)', 3],
]

test('random tables agree with regular expressions', () => {
  const random = randomNumbers(4)
  for (let round = 0; round < 25; round += 1) {
    const [routes, models, patterns] = [new Routes(), [], new Set()]
    for (let number = 0; number < 12; number += 1) {
      const kinds = Array.from({ length: 1 + random(3) }, () => KINDS[random(5)])
      const method = ['GET', 'POST'][random(2)]
      const segments = kinds.map(([text], at) => text.replace('x', `x${at}`))
      const [expressions, ranks] = [kinds.map(([, source]) => source), kinds.map(([, , rank]) => rank)]
      if (random(4) === 0) {
        segments.push('*rest')
        expressions.push('([^/]+(?:/[^/]+)*)')
        ranks.push(4)
      }
      const pattern = `/${segments.join('/')}`
      if (patterns.has(method + pattern)) continue
      patterns.add(method + pattern)
      routes.add(method, pattern, `r${number}`)
      const expression = new RegExp(`^/${expressions.join('/')}$`)
      models.push({ method, name: `r${number}`, rank: ranks.join(''), expression })
    }
    for (let count = 0; count < 25; count += 1) {
      const path = `/${Array.from({ length: 1 + random(4) }, () => ['a', 'b', '1', '23', 'B'][random(5)]).join('/')}`
      const hits = models.filter(({ expression }) => expression.test(path))
      const gets = hits.filter(({ method }) => method === 'GET').sort((a, b) => (a.rank < b.rank ? -1 : 1))
      const answer = routes.match('GET', path)
      if (gets.length) assert.deepEqual([answer.status, answer.name], [200, gets[0].name])
      else assert.deepEqual(answer, hits.length ? { status: 405, allow: ['POST'] } : NOT_FOUND)
    }
  }
})
