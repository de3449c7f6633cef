// Opens a submitted page in a DOM, with its scripts and style sheets. It reaches no other files and no network.
const ORIGIN = 'http://submission.test/'
const TEXTS = ['textContent', 'nodeValue', 'data', 'innerHTML', 'outerHTML', 'innerText', 'outerText', 'title', 'text']
const VALUES = ['HTMLTextAreaElement', 'HTMLSelectElement', 'HTMLOptionElement', 'HTMLButtonElement']

// Resolves to the page's window once its scripts have run and its files are loaded.
export async function openPage(workspace, relative) {
  const dom = await import('../../dom/dom.mjs')
  acceptNumbersAsText(dom)
  const browser = new dom.Browser({
    console: globalThis.console,
    settings: {
      enableJavaScriptEvaluation: true,
      suppressInsecureJavaScriptEnvironmentWarning: true,
      enableCSSFileLoading: true,
      fetch: { virtualServers: [{ url: ORIGIN, directory: workspace }] },
    },
  })
  const page = browser.newPage()
  const response = await page.goto(new URL(relative, ORIGIN).href)
  if (!response?.ok) throw new Error(`no page ${relative}: status ${response?.status}`)
  await page.waitUntilComplete()
  return page.mainFrame.window
}

// As in a browser, where these properties convert what is assigned: happy-dom does so for some of them only.
function acceptNumbersAsText(dom) {
  for (const [name, kind] of Object.entries(dom)) {
    if (typeof kind !== 'function' || !kind.prototype) continue
    for (const property of VALUES.includes(name) ? [...TEXTS, 'value'] : TEXTS) convertAssigned(kind.prototype, property)
  }
}

function convertAssigned(prototype, name) {
  const property = Object.getOwnPropertyDescriptor(prototype, name)
  const assign = property?.set
  if (!assign || assign.converts) return
  const set = function (value) {
    assign.call(this, ['number', 'boolean', 'bigint'].includes(typeof value) ? String(value) : value)
  }
  Object.defineProperty(prototype, name, { ...property, set: Object.assign(set, { converts: true }) })
}
