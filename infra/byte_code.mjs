// Compiles a folder's modules with CPython of the runtime's version, which pyodide has (built for WebAssembly):
// byte code is the same for every machine and differs from one minor version of Python to the next.
//
//     node infra/byte_code.mjs FOLDER VERSION PREFIX
//
// PREFIX: where the folder is when it runs, for tracebacks. Ends with 1 where a module does not compile.
import { loadPyodide } from "pyodide";

const [folder, version, prefix] = process.argv.slice(2);
const python = await loadPyodide();
python.FS.mkdir("/asset");
python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, "/asset");
python.globals.set("version", version);
python.globals.set("prefix", prefix);
process.exitCode = python.runPython(`
import compileall, py_compile, sys
if sys.version.split()[0].rpartition(".")[0] != version:
    sys.exit(f"this is Python {sys.version}, not {version}")
is_done = compileall.compile_dir(
    "/asset", maxlevels=20, quiet=1, stripdir="/asset", prependdir=prefix,
    invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
)
0 if is_done else 1
`);
