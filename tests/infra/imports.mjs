// Runs statements, each by itself, on CPython of the runtime's version with a packaged folder to import from.
// pyodide is that CPython, built for WebAssembly; it takes the folder's byte code, but no module compiled for Linux.
//
//     node imports.mjs FOLDER '{"environment": {…}, "statements": […]}'
//
// Prints, as JSON, the version, whether the folder has byte code of it, and the traceback of each that raised.
import { loadPyodide } from "pyodide";

const [folder, given] = process.argv.slice(2);
const python = await loadPyodide();
python.FS.mkdir("/asset");
python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, "/asset");
python.globals.set("given", given);
console.log(python.runPython(`
import json, os, sys, traceback
sys.path.insert(0, "/asset")
sys.dont_write_bytecode = True
asked, raised = json.loads(given), {}
os.environ.update(asked["environment"])
for statement in asked["statements"]:
    try:
        exec(statement, {})
    except Exception:
        raised[statement] = traceback.format_exc()
json.dumps({
    "version": sys.version.split()[0],
    "cached": os.path.exists(sys.modules["jobchute"].__spec__.cached),
    "raised": raised,
})
`));
