// Runs replay.py in the newest CPython: node replay.mjs ROOT SCRIPT
import { readFileSync } from 'node:fs'
import { loadPyodide } from 'pyodide'

const [root, script] = process.argv.slice(2)
const python = await loadPyodide()
python.mountNodeFS('/root_of_assay', root)
python.globals.set('__name__', 'replay')
python.runPython(readFileSync(script, 'utf8'))
console.log(
  python.runPython("import_without_parents('/root_of_assay')\nsys.version.split()[0] + ' ' + digest()"),
)
