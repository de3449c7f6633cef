// The candidate's errors as the tests see them: made here, from their names and messages.
import { Malformed } from '../codec.mjs'

const { defineProperty } = Object
const BUILT_IN = {
  Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError, AggregateError,
}
const lineages = new WeakMap()
const origins = new WeakMap()

// The candidate ended, did not answer in time or violated the protocol. A test in which that happens fails, even if it
// catches this.
export class CandidateDied extends Error {
  name = 'CandidateDied'
}

export function builtInClass(name) {
  if (!Object.hasOwn(BUILT_IN, name)) throw new Malformed('not a class of errors')
  return BUILT_IN[name]
}

// `lineage` are the numbers of its classes, `origin` locates the candidate's own object.
export function makeError({ built, name, message, lineage, origin, properties }) {
  const kind = builtInClass(built)
  const error = kind === AggregateError ? new AggregateError([], message) : new kind(message)
  error.stack = `${name}: ${message}\n    at the candidate`
  if (name !== error.name) define(error, 'name', name)
  for (const [key, value] of properties) define(error, key, value, true)
  lineages.set(error, lineage)
  origins.set(error, origin)
  return error
}

export function isCandidateError(error) {
  return origins.has(error)
}

// Where the error is on the candidate's side; undefined for an error of the tests.
export function originOf(error) {
  return origins.get(error)
}

// Whether the candidate raised it, with a class of this number among its ancestors.
export function isInstance(error, number, generation) {
  return origins.get(error)?.generation === generation && lineages.get(error).includes(number)
}

export function builtInName(error) {
  const found = Object.keys(BUILT_IN).find((name) => name !== 'Error' && error instanceof BUILT_IN[name])
  return found ?? 'Error'
}

function define(error, key, value, enumerable = false) {
  if (typeof key !== 'string' || ['__proto__', 'constructor', 'stack'].includes(key)) return
  if (typeof value === 'function' && ['then', 'toJSON', 'toString', 'valueOf'].includes(key)) return
  defineProperty(error, key, { value, enumerable, writable: true, configurable: true })
}
