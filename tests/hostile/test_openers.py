"""Nothing in the package opens an input but the guarded worker, and nothing runs what a file says."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "onemap"
WORKER = "sources/worker/"
NEVER = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml", "jsonpickle"}
READERS = (
    "pyogrio.", "geopandas.read_", "pandas.read_", "fiona.", "rasterio.open", "openpyxl.load_workbook", "sqlite3.",
    "pyarrow.parquet.", "pyarrow.csv.", "pyarrow.feather.", "pyarrow.json.", "pyarrow.orc.", "python_calamine.",
    "xml.etree.ElementTree.fromstring", "xml.etree.ElementTree.parse", "xml.etree.ElementTree.iterparse", "xml.dom.",
    "xml.sax.", "lxml.", "numpy.fromfile", "numpy.load", "numpy.memmap", "numpy.loadtxt", "numpy.genfromtxt",
    "zipfile.ZipFile", "zipfile.is_zipfile", "tarfile.", "gzip.", "bz2.", "lzma.", "urllib.request.", "http.", "requests.",
    "ctypes.CDLL",
)  # fmt: skip
WRITERS = (
    "pyogrio.raw.write", "pyogrio.write", "pyogrio.errors", "pyogrio.get_gdal", "pyogrio.set_gdal",
    "pyarrow.parquet.write", "pyarrow.parquet.ParquetWriter",
)  # fmt: skip
MAY_READ = {
    "delivery/writers/arrow.py": "reads back what it has just written",
    "delivery/conversion/proof.py": "reads back what it has just written",
    "views/kmz.py": "packs its own file and reads it back",
    "sources/archives.py": "unpacks what the guard has passed",
    "sources/guard/contents.py": "looks at the table of contents of an archive",
    "sources/guard/entries.py": "looks at the table of contents of an archive",
}
"""Module outside the worker that may call a library which reads files → why."""

MAY_OPEN = {
    "config/loading.py": "reads the project file",
    "delivery/profile.py": "reads a delivery profile",
    "layers/control_points.py": "reads a table that the project names",
    "sources/archives.py": "unpacks what the guard has passed",
    "sources/working_copy.py": "copies a database that the guard has passed",
    "workflows/manifest.py": "takes the hash of inputs and outputs",
    "workflows/templates.py": "compares a template with one it has written before",
    "terrain/kernel_cache.py": "takes the hash of its own source",
}
"""Module outside guard and worker that may open a file itself → why."""

SCREENED = {"sources/worker/sheet_xml.py"}
"""Modules that parse the parts of a workbook, all of which `screen` has gone through for declarations."""

PACKAGE_DATA = "importlib.resources"


def modules() -> list[str]:
    return sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def tree_of(module: str) -> ast.Module:
    return ast.parse((PACKAGE / module).read_text(encoding="utf-8"))


def names_of(tree: ast.Module) -> dict[str, str]:
    """Give what the imported names of a module stand for."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                found[name.asname or name.name.partition(".")[0]] = (
                    name.name if name.asname else name.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                found[name.asname or name.name] = f"{node.module}.{name.name}"
    return found


def calls_of(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Give the full names of all that a module calls; "?" stands for what is no name."""
    names = names_of(tree)
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
    if name in {"open", "io.open"}:
        return "r" in mode_of(call, 1)
    if last == "open" and name not in {"webbrowser.open", "os.open"}:
        return "r" in mode_of(call, 0)
    return last in {"read_text", "read_bytes"}


@pytest.mark.parametrize("module", modules())
def test_nothing_is_run_or_unpickled(module: str) -> None:
    tree = tree_of(module)
    imported = {name.partition(".")[0] for name in names_of(tree).values()}
    assert not imported & NEVER
    called = {name for name, _ in calls_of(tree)}
    assert not called & {
        "eval",
        "exec",
        "compile",
        "__import__",
        "os.system",
        "os.popen",
        "numpy.load",
        "pandas.read_pickle",
    }
    for name, call in calls_of(tree):
        assert not any(word.arg == "shell" for word in call.keywords), name


@pytest.mark.parametrize("module", [one for one in modules() if not one.startswith(WORKER)])
def test_only_the_worker_calls_libraries_that_read(module: str) -> None:
    called = {
        name for name, _ in calls_of(tree_of(module)) if name.startswith(READERS) and not name.startswith(WRITERS)
    }
    assert not called or module in MAY_READ, called


@pytest.mark.parametrize("module", [one for one in modules() if not one.startswith((WORKER, "sources/guard/"))])
def test_only_named_modules_open_files(module: str) -> None:
    tree = tree_of(module)
    if any(name.startswith(PACKAGE_DATA) for name in names_of(tree).values()):
        return
    opened = {name for name, call in calls_of(tree) if opens(name, call)}
    assert not opened or module in MAY_OPEN, opened


@pytest.mark.parametrize("module", [one for one in modules() if one.startswith(WORKER)])
def test_xml_is_parsed_only_after_entities_are_refused(module: str) -> None:
    tree = tree_of(module)
    if any(
        name.startswith(("xml.etree.ElementTree.fromstring", "xml.sax", "xml.dom", "lxml."))
        for name, _ in calls_of(tree)
    ):
        assert module in SCREENED or any(name.endswith("xml_text") for name, _ in calls_of(tree))


def test_exceptions_are_still_needed() -> None:
    for module in MAY_READ:
        if (PACKAGE / module).exists():
            assert any(name.startswith(READERS) for name, _ in calls_of(tree_of(module))), module
