// What tests written for Jest import, on top of node:test. Results of the solution are compared here, in the tests'
// process: an object of the solution equals only itself, and is not data that a test could take for true.
import assert from 'node:assert/strict'
import * as runner from 'node:test'
import { isDeepStrictEqual } from 'node:util'

const BRAND = '(an object of the candidate)'
const isObject = (value) => typeof value === 'object' && value !== null
const isForeign = (value) => typeof value === 'function' || (isObject(value) && Object.hasOwn(value, BRAND))

// --- tests. `x` marks those that learners shall do later: all are run.

// The judge separates the parts of a name by ` > `.
const label = (name) => String(name).replaceAll('>', '›')

// A function with a parameter gets Jest's callback `done`.
function body(run) {
  if (!run?.length) return run && (() => run())
  return (_, done) => {
    const finish = (error) => done(error)
    finish.fail = (error) => done(error ?? new Error('failed'))
    run(finish)
  }
}

const named = (register) => (name, run) => register(label(name), body(run))
const variants = (call) => Object.assign(call, { only: call, skip: call, todo: () => {} })
export const describe = variants((name, run) => runner.describe(label(name), run))
export const test = variants(named(runner.test))
export const it = test
export const xtest = test
export const xit = test
export const xdescribe = describe
export const beforeEach = (run) => runner.beforeEach(body(run))
export const afterEach = (run) => runner.afterEach(body(run))
export const beforeAll = (run) => runner.before(body(run))
export const afterAll = (run) => runner.after(body(run))

// --- equality

class Pattern {
  constructor(matches) {
    this.matches = matches
  }
}

// As Jest's toEqual: properties that are undefined do not count, and neither do classes of the tests' own objects.
export function equals(a, b) {
  if (b instanceof Pattern) return b.matches(a)
  if (Object.is(a, b)) return true
  if (!isObject(a) || !isObject(b) || isForeign(a) || isForeign(b)) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((each, at) => equals(each, b[at]))
  }
  const tag = Object.prototype.toString.call(a)
  if (tag !== Object.prototype.toString.call(b)) return false
  if (tag === '[object Error]') return a.message === b.message
  if (a instanceof Map || a instanceof Set) return a.size === b.size && equals([...a], [...b])
  if (tag !== '[object Object]') return isDeepStrictEqual(a, b)
  const names = (value) => Object.keys(value).filter((name) => value[name] !== undefined)
  return names(a).length === names(b).length && names(a).every((name) => Object.hasOwn(b, name) && equals(a[name], b[name]))
}

const contains = (value, part) => isObject(value) && Object.keys(part).every((name) => equals(value[name], part[name]))

// --- expect

function isThrown(run, expected) {
  assert.equal(typeof run, 'function', 'toThrow needs a function')
  let error
  try {
    run()
    return false
  } catch (thrown) {
    error = thrown
  }
  const message = String(error?.message ?? error)
  if (expected === undefined) return true
  if (typeof expected === 'string') return message.includes(expected)
  if (expected instanceof RegExp) return expected.test(message)
  return typeof expected === 'function' ? error instanceof expected : message === expected.message
}

function isNear(a, b, digits = 2) {
  return Object.is(a, b) || (typeof a === 'number' && typeof b === 'number' && Math.abs(a - b) < 10 ** -digits / 2)
}

function propertyOf(value, path) {
  const names = Array.isArray(path) ? path : String(path).split('.')
  return names.reduce((found, name) => (found == null ? undefined : found[name]), value)
}

const isIn = (list, part, same) => (typeof list === 'string' ? list.includes(part) : [...list].some((each) => same(each, part)))
const isOrdered = (check) => (a, b) => ['number', 'bigint'].includes(typeof a) && check(a, b)
const calls = (mock) => mock.mock.calls

const matchers = {
  toBe: Object.is,
  toEqual: equals,
  toStrictEqual: (a, b) => (isForeign(a) ? a === b : equals(a, b) && Object.keys(a ?? {}).length === Object.keys(b ?? {}).length),
  toBeTruthy: (a) => !isForeign(a) && Boolean(a),
  toBeFalsy: (a) => !a,
  toBeNull: (a) => a === null,
  toBeUndefined: (a) => a === undefined,
  toBeDefined: (a) => a !== undefined,
  toBeNaN: (a) => Number.isNaN(a),
  toBeCloseTo: isNear,
  toBeGreaterThan: isOrdered((a, b) => a > b),
  toBeGreaterThanOrEqual: isOrdered((a, b) => a >= b),
  toBeLessThan: isOrdered((a, b) => a < b),
  toBeLessThanOrEqual: isOrdered((a, b) => a <= b),
  toBeInstanceOf: (a, kind) => a instanceof kind,
  toContain: (a, part) => isIn(a, part, Object.is),
  toContainEqual: (a, part) => isIn(a, part, equals),
  toHaveLength: (a, length) => a.length === length,
  toHaveProperty: (a, path, ...value) => (value.length ? equals(propertyOf(a, path), value[0]) : propertyOf(a, path) !== undefined),
  toMatch: (a, pattern) => typeof a === 'string' && (typeof pattern === 'string' ? a.includes(pattern) : new RegExp(pattern).test(a)),
  toMatchObject: contains,
  toThrow: isThrown,
  toThrowError: isThrown,
  toHaveBeenCalled: (mock) => calls(mock).length > 0,
  toHaveBeenCalledTimes: (mock, count) => calls(mock).length === count,
  toHaveBeenCalledWith: (mock, ...given) => calls(mock).some((each) => equals(each, given)),
  toHaveBeenLastCalledWith: (mock, ...given) => equals(calls(mock).at(-1), given),
}
const PROVES_NOTHING = new Set(['toEqual', 'toStrictEqual', 'toBeTruthy', 'toBeFalsy', 'toMatch', 'toContain', 'toMatchObject'])

function check(name, negated, value, given) {
  // That an object of the solution does not equal something is always so.
  const vacuous = negated && isForeign(value) && PROVES_NOTHING.has(name)
  const holds = matchers[name](value, ...given) !== negated
  assert.ok(holds && !vacuous, `expect(...)${negated ? '.not' : ''}.${name}(...) does not hold`)
}

function settled(value, rejects) {
  const promise = Promise.resolve(typeof value === 'function' ? value() : value)
  if (!rejects) return promise
  return promise.then(
    () => assert.fail('the promise was not rejected'),
    (error) => error,
  )
}

function expectation(value, negated) {
  const direct = Object.keys(matchers).map((name) => [name, (...given) => check(name, negated, value, given)])
  return Object.fromEntries(direct)
}

function later(value, rejects, negated) {
  const wrap = (name, result) => (rejects && name.startsWith('toThrow') ? () => { throw result } : result)
  const direct = Object.keys(matchers).map((name) => [
    name,
    async (...given) => check(name, negated, wrap(name, await settled(value, rejects)), given),
  ])
  return Object.fromEntries(direct)
}

const bothWays = (make) => ({ ...make(false), not: make(true) })

export function expect(value) {
  return {
    ...bothWays((negated) => expectation(value, negated)),
    resolves: bothWays((negated) => later(value, false, negated)),
    rejects: bothWays((negated) => later(value, true, negated)),
  }
}

const TYPES = new Map([[String, 'string'], [Number, 'number'], [Boolean, 'boolean'], [Function, 'function'], [BigInt, 'bigint']])
Object.assign(expect, {
  any: (kind) => new Pattern((value) => (TYPES.has(kind) ? typeof value === TYPES.get(kind) : value instanceof kind)),
  anything: () => new Pattern((value) => value != null && !isForeign(value)),
  arrayContaining: (parts) => new Pattern((value) => Array.isArray(value) && parts.every((part) => isIn(value, part, equals))),
  objectContaining: (part) => new Pattern((value) => contains(value, part)),
  stringContaining: (part) => new Pattern((value) => typeof value === 'string' && value.includes(part)),
  stringMatching: (pattern) => new Pattern((value) => typeof value === 'string' && new RegExp(pattern).test(value)),
  closeTo: (number, digits) => new Pattern((value) => isNear(value, number, digits)),
  assertions: () => {},
  hasAssertions: () => {},
})

// --- mock functions

function mockFunction(run) {
  let answer = run
  const mock = (...given) => {
    mock.mock.calls.push(given)
    return answer?.(...given)
  }
  mock.mock = { calls: [] }
  mock.mockReturnValue = (value) => mock.mockImplementation(() => value)
  mock.mockImplementation = (next) => {
    answer = next
    return mock
  }
  return mock
}

export const jest = { fn: mockFunction }
export default { describe, test, it, expect, jest }
