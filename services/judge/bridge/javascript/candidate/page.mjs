// Opens a submitted page in a DOM, with its scripts and style sheets. It reaches no other files and no network.
import { fillGaps } from './dom_gaps.mjs'

const ORIGIN = 'http://submission.test/'

// Resolves to the page's window once its scripts have run and its files are loaded.
export async function openPage(workspace, relative) {
  const dom = await import('../../dom/dom.mjs')
  fillGaps(dom)
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
