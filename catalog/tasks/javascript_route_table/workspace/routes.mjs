/** Finds routes by method and path, and paths by the name of a route. */
export class Routes {
  /** Adds a route. */
  add(method, pattern, name) {
    throw new Error('not implemented')
  }

  /** The answer to a request: {status, ...}. */
  match(method, path) {
    throw new Error('not implemented')
  }

  /** The path of a route with these parameters. */
  link(name, params = {}) {
    throw new Error('not implemented')
  }
}
