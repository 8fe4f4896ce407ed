"""Nothing in the package opens an input but the guarded worker, and nothing runs what a file says."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "onemap"
WORKER = "sources/worker/"
NEVER = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml", "jsonpickle"}
NEVER_CALLED = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "numpy.load", "pandas.read_pickle"}
PARSERS = ("xml.etree.ElementTree.fromstring", "xml.etree.ElementTree.parse", "xml.sax", "xml.dom", "lxml.")
READERS = (
    "pyogrio.", "geopandas.read_", "pandas.read_", "fiona.", "rasterio.open", "openpyxl.load_workbook", "sqlite3.",
    "pyarrow.parquet.", "pyarrow.csv.", "pyarrow.feather.", "pyarrow.json.", "pyarrow.orc.", "python_calamine.",
    "xml.etree.ElementTree.fromstring", "xml.etree.ElementTree.parse", "xml.etree.ElementTree.iterparse", "xml.dom.",
    "xml.sax.", "lxml.", "numpy.fromfile", "numpy.load", "numpy.memmap", "numpy.loadtxt", "numpy.genfromtxt",
    "zipfile.ZipFile", "zipfile.is_zipfile", "tarfile.", "gzip.", "bz2.", "lzma.", "urllib.request.", "http.", "requests.",
    "ctypes.CDLL", "onemap.vct.open_vct",
)  # fmt: skip
WRITERS = (
    "pyogrio.raw.write", "pyogrio.write", "pyogrio.errors", "pyogrio.get_gdal", "pyogrio.set_gdal",
    "pyarrow.parquet.write", "pyarrow.parquet.ParquetWriter", "xml.sax.saxutils.",
)  # fmt: skip
MAY_READ = {
    "delivery/writers/arrow.py": "reads back what it has just written",
    "delivery/writers/planned.py": "looks again at the table of a Shapefile that it has just written",
    "delivery/writers/vct.py": "reads back what it has just written",
    "workflows/path_tables.py": "reads two tables of plain or packed text that the command names, of bounded size",
    "views/check_report/as_docx.py": "packs its own document again with fixed dates",
    "delivery/writers/kmz.py": "packs its own file",
    "delivery/metadata_note.py": "packs its own document again with fixed dates",
    "views/kmz.py": "packs its own file and reads it back",
    "workflows/disk_proof.py": "tests the sums of an archive that was just written",
    "sources/archives.py": "unpacks what the guard has passed",
    "sources/guard/entries.py": "looks at the table of contents of an archive",
}
"""Module outside the worker that may call a library which reads files → why."""

MAY_OPEN = {
    "config/loading.py": "reads the project file",
    "delivery/profile.py": "reads a delivery profile",
    "delivery/waivers.py": "reads a file of waivers named on the command line",
    "delivery/writers/planned.py": "looks again at the table of a Shapefile that it has just written",
    "layers/control_points.py": "reads a table that the project names",
    "sources/archives.py": "unpacks what the guard has passed",
    "sources/working_copy.py": "copies a database that the guard has passed",
    "workflows/conflicts.py": "reads a file of rules that the project names, of bounded size",
    "workflows/costs.py": "reads a file of prices that the project names, of bounded size",
    "workflows/manifest.py": "takes the hash of inputs and outputs",
    "workflows/output_lock.py": "reads from the system when a process started",
    "workflows/disk_proof.py": "takes the hash of what was just written",
    "workflows/own_profile.py": "copies the code lists beside a profile that the command names",
    "workflows/templates.py": "compares a template with one it has written before",
    "workflows/path_tables.py": "reads two tables of plain or packed text that the command names, of bounded size",
    "vct/reader.py": "is a library of its own, which onemap calls in the worker and to read back",
    "vct/writer.py": "is a library of its own, and puts together the parts that it has just written",
    "terrain/kernel_cache.py": "takes the hash of its own source",
}
"""Module outside guard and worker that may open a file itself → why."""

SCREENED = {"sources/worker/sheet_xml.py"}
"""Modules that parse the parts of a workbook, all of which `screen` has gone through for declarations."""

PACKAGE_DATA = "importlib.resources"


def modules() -> list[str]:
    return sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse((PACKAGE / module).read_text(encoding="utf-8"))


def names_of(module: str) -> dict[str, str]:
    """Give what the imported names of a module stand for."""
    return _names(tree_of(module))


def _names(tree: ast.Module) -> dict[str, str]:
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                first = name.name.partition(".")[0]
                found[name.asname or first] = name.name if name.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                found[name.asname or name.name] = f"{node.module}.{name.name}"
    return found


@cache
def calls_of(module: str) -> tuple[tuple[str, ast.Call], ...]:
    """Give the full names of all that a module calls; "?" stands for what is no name."""
    return tuple(_calls(tree_of(module)))


def _calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    names = _names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            parts, function = [], node.func
            while isinstance(function, ast.Attribute):
                parts.append(function.attr)
                function = function.value
            root = names.get(function.id, function.id) if isinstance(function, ast.Name) else "?"
            yield ".".join([root, *reversed(parts)]), node


def mode_of(call: ast.Call, at: int) -> str:
    """Give the mode in which a file is opened."""
    given = [word.value for word in call.keywords if word.arg == "mode"] or call.args[at : at + 1]
    return str(given[0].value) if given and isinstance(given[0], ast.Constant) else "r"


def opens(name: str, call: ast.Call) -> bool:
    """Tell whether a call opens a file to read it."""
    last = name.rpartition(".")[2]
    if name in {"open", "io.open", "rasterio.open"}:
        return "r" in mode_of(call, 1)
    if last == "open" and name not in {"webbrowser.open", "os.open"}:
        return "r" in mode_of(call, 0)
    return last in {"read_text", "read_bytes"}


def reads(name: str, call: ast.Call) -> bool:
    """Tell whether a call goes to a library that reads files."""
    if name == "rasterio.open":
        return opens(name, call)
    return name.startswith(READERS) and not name.startswith(WRITERS)


def test_nothing_is_run_or_unpickled() -> None:
    for module in modules():
        imported = {name.partition(".")[0] for name in names_of(module).values()}
        assert not imported & NEVER, module
        called = calls_of(module)
        assert not {name for name, _ in called} & NEVER_CALLED, module
        assert not any(word.arg == "shell" for _, call in called for word in call.keywords), module


def test_only_the_worker_calls_libraries_that_read() -> None:
    for module in modules():
        if not module.startswith(WORKER) and module not in MAY_READ:
            assert not {name for name, call in calls_of(module) if reads(name, call)}, module


def test_only_named_modules_open_files() -> None:
    for module in modules():
        has_data = any(name.startswith(PACKAGE_DATA) for name in names_of(module).values())
        if not (has_data or module in MAY_OPEN or module.startswith((WORKER, "sources/guard/"))):
            assert not {name for name, call in calls_of(module) if opens(name, call)}, module


def test_xml_is_parsed_only_after_entities_are_refused() -> None:
    for module in modules():
        names = {name for name, _ in calls_of(module)}
        if module.startswith(WORKER) and any(name.startswith(PARSERS) for name in names):
            assert module in SCREENED or any(name.endswith("xml_text") for name in names), module


def test_exceptions_are_still_needed() -> None:
    known = modules()
    for module in set(MAY_READ) & set(known):
        assert any(name.startswith(READERS) for name, _ in calls_of(module)), module


def test_the_search_finds_what_it_must() -> None:
    tree = ast.parse(
        "import numpy as np\nfrom xml.etree import ElementTree as ET\nnp.load(x)\nET.fromstring(y)\nopen(z)"
    )
    assert [name for name, _ in _calls(tree)] == ["numpy.load", "xml.etree.ElementTree.fromstring", "open"]
    writes = ast.parse("path.open('w')\nopen('a', 'xb')\nopen('a', mode='w')\npath.open()\npath.read_bytes()")
    assert [opens(name, call) for name, call in _calls(writes)] == [False, False, False, True, True]
