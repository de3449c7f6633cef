// Reports each test of a file to the judge: leaves by the names of all their suites, as `file > suite > test`.
import { errorMessage, errorText } from './error_text.mjs'

const { link, file } = globalThis[Symbol.for('assay.candidate')]

export default async function* report(events) {
  const names = []
  let leaves = []
  for await (const { type, data } of events) {
    if (type === 'test:start') {
      names.length = data.nesting
      names.push({ name: data.name, hasTests: false })
      if (data.nesting > 0) names[data.nesting - 1].hasTests = true
    }
    if (type !== 'test:pass' && type !== 'test:fail') continue
    const { hasTests } = names[data.nesting]
    const isSuite = hasTests || data.details?.type === 'suite'
    const failed = type === 'test:fail'
    if (!isSuite) leaves.push(record([...names.slice(0, data.nesting), data], data, failed))
    else if (failed && !leaves.some((leaf) => leaf.outcome === 'failed')) failLeaves(leaves, data)
    if (data.nesting === 0) {
      for (const leaf of leaves) reportPhases(leaf)
      leaves = []
    }
  }
}

// The judge expects what pytest has: a setup, a call and a teardown of each test.
function reportPhases(leaf) {
  const empty = { ...leaf, outcome: 'passed', error: '', message: '', seconds: 0 }
  link.report({ ...empty, when: 'setup' })
  link.report(leaf)
  link.report({ ...empty, when: 'teardown' })
}

function record(path, data, failed) {
  const names = path.map((each) => each.name)
  const skipped = data.skip !== undefined || data.todo !== undefined
  return {
    test: [file, ...names].join(' > '),
    when: 'call',
    outcome: skipped ? 'skipped' : failed ? 'failed' : 'passed',
    error: failed ? errorText(data.details.error) : '',
    message: failed ? errorMessage(data.details.error) : '',
    seconds: (data.details?.duration_ms ?? 0) / 1000,
  }
}

// A suite that fails although its tests pass, because of a hook for example.
function failLeaves(leaves, data) {
  for (const leaf of leaves.filter((each) => each.outcome === 'passed')) {
    leaf.outcome = 'failed'
    leaf.error = errorText(data.details.error)
    leaf.message = errorMessage(data.details.error)
  }
}
