// The module `candidate`: what tests can do with a candidate besides importing it.
import { handleOf } from './proxies.mjs'
import { CandidateDied } from './candidate_errors.mjs'

const EXTRA_SECONDS = 15

export function makeApi(link, callSeconds) {
  return Object.freeze({
    CandidateDied,

    // Calls a method of any name, for example toString; the answer is the candidate's own claim.
    invoke(target, name, ...given) {
      if (!handleOf(target)) throw new TypeError('invoke needs an object of the candidate')
      return link.request('invoke', [target, name, given])
    },

    // Runs a program in the folder of the submitted files. `truncated`: it printed more than the task allows.
    run(argv, { stdin = '', seconds = callSeconds } = {}) {
      const answer = link.askJudge('$', { argv, stdin, seconds }, seconds + EXTRA_SECONDS)
      if (answer.killed_by) throw link.failed(`the candidate's program exceeded its ${answer.killed_by} limit`)
      return { exitCode: answer.exit_code, stdout: answer.stdout, stderr: answer.stderr, truncated: answer.truncated }
    },

    // The content of a submitted file.
    read(path) {
      const content = link.askJudge('?', path, EXTRA_SECONDS)
      if (content === null) throw new Error(`no file ${path} was submitted`)
      return Buffer.from(content, 'base64')
    },

    // The CPU time that all of the candidate's processes have used so far, measured from outside, in steps of 0.01 s.
    cpuSeconds() {
      return link.askJudge('%', null, EXTRA_SECONDS)
    },

    // Loads a submitted page and returns its window.
    openPage(path = 'index.html') {
      return link.request('open', [path])
    },
  })
}
