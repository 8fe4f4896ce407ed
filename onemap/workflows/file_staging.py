"""Make one output file, geodatabase or Shapefile as a whole, beside the old one: `staging` for what is no folder.

A single file is put in place by one rename, a geodatabase by two, as a folder is. A Shapefile has several parts; a kill
between their renames leaves some of each, and whoever writes next puts the old ones back first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onemap.errors import RefusedError, WriteError
from onemap.workflows.output_lock import OutputLock
from onemap.workflows.staging import real_place, staged_beside
from onemap.workflows.swapping import swap_file, swap_folder, swap_parts

__all__ = ["staged_file"]

_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".qpj", ".shp.xml")
_MARK = "a00000001.gdbtable"


@contextmanager
def staged_file(out: Path) -> Iterator[Path]:
    r"""Give a path to write to, and put what is there in the place of `out` when the block ends without an error.

    Parameters
    ----------
    out
        File, `.gdb` folder or `.shp` wanted; an old one is replaced. Where it is a link, the file behind it is.

    Yields
    ------
    path
        Path of the same name in a folder beside it, removed in any case.

    Raises
    ------
    RefusedError
        If something else stands there: a folder, or a folder ending in `.gdb` that is no geodatabase.
    WriteError
        If the folder is missing, somebody else writes the file, the system does not let it be written, or it does not
        read back.

    Examples
    --------
    >>> import tempfile
    >>> out = Path(tempfile.mkdtemp()) / "losses.csv"
    >>> with staged_file(out) as path:
    ...     _ = path.write_text("id,loss_db\n", encoding="utf-8")
    >>> out.read_text(encoding="utf-8")
    'id,loss_db\n'
    """
    out = real_place(out)
    if not out.parent.is_dir():
        raise WriteError("delivery_folder_missing", path=str(out.parent))
    with staged_beside(out, require=_require_replaceable, put=_put_in_place, problem="file_unwritable") as folder:
        yield folder / out.name


def _require_replaceable(out: Path) -> None:
    """Refuse to replace what is no output of this kind."""
    if out.suffix.lower() == ".gdb":
        fits = not out.exists() or (out.is_dir() and ((out / _MARK).is_file() or not any(out.iterdir())))
    else:
        fits = not out.exists() or out.is_file()
    if not fits:
        raise RefusedError("convert_not_a_file", path=str(out))


def _put_in_place(folder: Path, out: Path, lock: OutputLock) -> None:
    """Move what was made to where it is wanted."""
    made = sorted(folder.iterdir())
    if made == [folder / out.name]:
        swap_folder(made[0], out, lock) if made[0].is_dir() else swap_file(made[0], out)
    else:
        swap_parts(made, _parts(out), out, lock)


def _parts(out: Path) -> list[Path]:
    """List what stands at a path now: the file, or the parts of a Shapefile."""
    endings = _SHAPEFILE_PARTS if out.suffix.lower() == ".shp" else (out.suffix,)
    return [part for suffix in endings if (part := out.with_name(out.stem + suffix)).exists()]
