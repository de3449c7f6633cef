/** The headings of a document in Markdown: an array of {line, level, text, id}. */
export function headings(document) {
  throw new Error('not implemented')
}

/** The document with an up-to-date table of contents between its markers. */
export function updateContents(document) {
  throw new Error('not implemented')
}
