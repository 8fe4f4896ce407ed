"""Paths that are no files, files that are no data, and formats that must be converted first."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from tests.bad_inputs.making import CSV_HEAD, CSV_ROWS, name_source, write_text
from tests.hostile.registry import Goal, trap


@trap("OM-SEC-001")
def address_as_a_path(folder: Path, goal: Goal) -> str:
    """An address in place of a file."""
    return goal.url("towers.geojson")


@trap("OM-SEC-001")
def virtual_file_system(folder: Path, goal: Goal) -> str:
    """A path into GDAL's virtual file systems."""
    return f"/vsicurl/{goal.url('towers.gpkg')}"


@trap("OM-SEC-001")
def virtual_archive(folder: Path, goal: Goal) -> str:
    """A path into an archive of another folder."""
    return f"/vsizip/{goal.file('a.zip')}/towers.shp"


@trap("OM-SEC-001")
def database_as_a_path(folder: Path, goal: Goal) -> str:
    """A connection to a database in place of a file."""
    return f"PG:host=127.0.0.1 port={goal.port} dbname=towers"


@trap("OM-SEC-001")
def file_address(folder: Path, goal: Goal) -> str:
    """A file:// address of a file of another folder."""
    return f"file://{goal.file('towers.csv')}"


@trap("OM-SEC-001")
def driver_prefix(folder: Path, goal: Goal) -> str:
    """A path that names its driver."""
    return f"CSV:{goal.file('towers.csv')}"


@trap("OM-SEC-001")
def network_share(folder: Path, goal: Goal) -> str:
    """A network share in place of a file."""
    return "\\\\127.0.0.1\\share\\towers.csv"


@trap("OM-SEC-008")
def control_characters_in_a_name(folder: Path, goal: Goal) -> Path:
    """A file whose name clears the terminal."""
    return write_text(folder / "towers\x1b[2J.csv", CSV_HEAD + CSV_ROWS)


@trap("OM-SEC-001", ask="run")
def address_in_a_project(folder: Path, goal: Goal) -> Path:
    """A project whose source is an address."""
    return name_source(folder, goal.url("towers.geojson"))


@trap("OM-SEC-001", ask="run")
def virtual_file_system_in_a_project(folder: Path, goal: Goal) -> Path:
    """A project whose source is in a virtual file system."""
    return name_source(folder, f"/vsicurl/{goal.url('towers.geojson')}")


@trap("OM-SEC-001", ask="run")
def database_in_a_project(folder: Path, goal: Goal) -> Path:
    """A project whose source is a driver's connection."""
    return name_source(folder, f"PG:host=127.0.0.1 port={goal.port} dbname=towers")


@trap("OM-SEC-003")
def link_out(folder: Path, goal: Goal) -> Path:
    """A link to a file of another folder."""
    path = folder / "towers.csv"
    path.symlink_to(goal.file("towers.csv", CSV_HEAD + CSV_ROWS))
    return path


@trap("OM-SEC-002")
def pipe(folder: Path, goal: Goal) -> Path:
    """A named pipe, at which a reader would wait for ever."""
    os.mkfifo(folder / "towers.csv")
    return folder / "towers.csv"


@trap("OM-SEC-002")
def device(folder: Path, goal: Goal) -> str:
    """A device without end."""
    return "/dev/zero"


@trap("OM-SEC-002")
def local_socket(folder: Path, goal: Goal) -> Path:
    """A socket of another program."""
    path = folder / "a.csv"
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(folder)  # the name of a socket is at most 107 bytes long
        try:
            listening.bind(path.name)
        finally:
            os.chdir(here)
    return path


@trap("OM-SEC-002")
def folder_called_a_shapefile(folder: Path, goal: Goal) -> Path:
    """A folder named as a Shapefile, with a link out in it."""
    path = folder / "towers.shp"
    path.mkdir()
    (path / "towers.dbf").symlink_to(goal.file("towers.dbf"))
    return path


@trap("OM-SEC-009")
def drawing(folder: Path, goal: Goal) -> Path:
    """A DWG drawing."""
    (folder / "towers.dwg").write_bytes(b"AC1027" + b"\0" * 200)
    return folder / "towers.dwg"


@trap("OM-SEC-009")
def drawing_called_dxf(folder: Path, goal: Goal) -> Path:
    """A DWG drawing called .dxf."""
    (folder / "towers.dxf").write_bytes(b"AC1032" + b"\0" * 200)
    return folder / "towers.dxf"


@trap("OM-SEC-010")
def access_database(folder: Path, goal: Goal) -> Path:
    """An Access database, as personal geodatabases are."""
    (folder / "towers.mdb").write_bytes(b"\0\1\0\0Standard Jet DB\0" + b"\0" * 200)
    return folder / "towers.mdb"


@trap("OM-SEC-010")
def access_database_called_geopackage(folder: Path, goal: Goal) -> Path:
    """A newer Access database called .gpkg."""
    (folder / "towers.gpkg").write_bytes(b"\0\1\0\0Standard ACE DB\0" + b"\0" * 200)
    return folder / "towers.gpkg"


@trap("OM-SEC-011")
def rar_archive(folder: Path, goal: Goal) -> Path:
    """A RAR archive called .zip."""
    (folder / "towers.zip").write_bytes(b"Rar!\x1a\x07\x01\0" + b"\0" * 200)
    return folder / "towers.zip"


@trap("OM-SEC-011")
def seven_zip_archive(folder: Path, goal: Goal) -> Path:
    """A 7z archive."""
    (folder / "towers.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + b"\0" * 200)
    return folder / "towers.7z"


@trap("OM-SEC-003", ask="folder")
def folder_with_links_out(folder: Path, goal: Goal) -> Path:
    """A folder of files of which one is a link out, and one of its folders too."""
    inside = folder / "files"
    inside.mkdir()
    write_text(inside / "a.csv", CSV_HEAD + CSV_ROWS)
    (inside / "b.csv").symlink_to(goal.file("b.csv", CSV_HEAD + CSV_ROWS))
    (inside / "more").symlink_to(goal.file("more/c.csv", CSV_HEAD + CSV_ROWS).parent)
    return inside
