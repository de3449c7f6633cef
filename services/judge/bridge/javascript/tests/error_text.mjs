import { CandidateDied, isCandidateError } from './candidate_errors.mjs'

// Nothing of the test's own text: assertions and foreign errors are reported by type.
export function errorText(error) {
  if (error?.code === 'ERR_TEST_FAILURE' && error.cause !== undefined) return errorText(error.cause)
  if (error instanceof CandidateDied) return error.message
  if (isCandidateError(error)) return `the candidate raised ${error.name}`
  const message = typeof error?.message === 'string' ? error.message : ''
  if (message.startsWith('the candidate ')) return message
  if (typeof error === 'string' || !(error instanceof Error)) return typeof error === 'string' ? error : 'an error'
  return error.code === 'ERR_ASSERTION' ? 'AssertionError' : error.name
}

const MAX_MESSAGE = 2_000

// The message of the failed assertion or of the error. The judge shows it if the task does.
export function errorMessage(error) {
  if (error?.code === 'ERR_TEST_FAILURE' && error.cause !== undefined) return errorMessage(error.cause)
  return typeof error?.message === 'string' ? error.message.slice(0, MAX_MESSAGE) : ''
}
