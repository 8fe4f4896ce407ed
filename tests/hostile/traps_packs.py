"""Archives that unpack to where, what or more than they should."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
from pathlib import Path

from tests.hostile.registry import Goal, trap
from tests.hostile.traps_mark_up import KML, POINT
from tests.hostile.traps_parts import GRID, shapefile
from tests.hostile.traps_pointers import text, vrt

CSV = "id,lon,lat\nT1,75.2,39.6\n"


def pack(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes | str], deflate: bool = True) -> Path:
    """Write an archive of members, names as they are."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


@trap("OM-SEC-014")
def archive_that_climbs(folder: Path, goal: Goal) -> Path:
    """A ZIP with a name that climbs out of its folder (zip slip)."""
    away = os.path.relpath(goal.file("a.csv"), folder)
    return pack(folder / "towers.zip", ("towers.csv", CSV), (f"../../../../{away}", CSV))


@trap("OM-SEC-014")
def archive_with_an_absolute_name(folder: Path, goal: Goal) -> Path:
    """A ZIP with the full path of a file of another folder."""
    return pack(folder / "towers.zip", (str(goal.file("a.csv")), CSV))


@trap("OM-SEC-014")
def archive_with_a_backslash(folder: Path, goal: Goal) -> Path:
    """A ZIP with a name that climbs by backslashes."""
    return pack(folder / "towers.zip", ("..\\..\\towers.csv", CSV))


@trap("OM-SEC-014")
def archive_with_a_drive(folder: Path, goal: Goal) -> Path:
    """A ZIP with a name on a drive."""
    return pack(folder / "towers.zip", ("C:/Windows/towers.csv", CSV))


@trap("OM-SEC-015")
def archive_with_control_characters(folder: Path, goal: Goal) -> Path:
    """A ZIP with a name that clears the terminal."""
    return pack(folder / "towers.zip", ("towers\x1b[2J.csv", CSV))


@trap("OM-SEC-016")
def archive_with_one_name_twice(folder: Path, goal: Goal) -> Path:
    """A ZIP with two names that are one file on Windows."""
    return pack(folder / "towers.zip", ("towers.csv", CSV), ("TOWERS.csv", CSV))


@trap("OM-SEC-017")
def archive_with_a_link(folder: Path, goal: Goal) -> Path:
    """A ZIP with a link to a file of another folder."""
    info = zipfile.ZipInfo("towers.csv")
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return pack(folder / "towers.zip", (info, str(goal.file("a.csv"))))


@trap("OM-SEC-018")
def archive_with_a_password(folder: Path, goal: Goal) -> Path:
    """A ZIP that is encrypted."""
    path = pack(folder / "towers.zip", ("towers.csv", CSV))
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.rfind(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    return path


@trap("OM-SEC-013")
def archive_of_zeros(folder: Path, goal: Goal) -> Path:
    """A ZIP of 100 kB that unpacks to 100 MB (bomb)."""
    return pack(folder / "towers.zip", ("towers.csv", b"\0" * 100_000_000))


@trap("OM-SEC-005")
def archive_of_gigabytes(folder: Path, goal: Goal) -> Path:
    """A ZIP that says it unpacks to 3 GB."""
    path = pack(folder / "towers.zip", *((f"{at}.csv", CSV) for at in range(3)))
    content = bytearray(path.read_bytes())
    at = -1
    while (at := content.find(b"PK\x01\x02", at + 1)) >= 0:
        content[at + 24 : at + 28] = struct.pack("<L", 1_000_000_000)
    path.write_bytes(content)
    return path


@trap("OM-SEC-012")
def archive_of_thousands(folder: Path, goal: Goal) -> Path:
    """A ZIP of 5,000 files."""
    return pack(folder / "towers.zip", *((f"{at}.csv", "") for at in range(5_000)))


@trap("OM-SEC-019")
def archive_in_an_archive(folder: Path, goal: Goal) -> Path:
    """A ZIP in a ZIP, called .csv."""
    inner = pack(folder / "inner.zip", ("towers.csv", CSV))
    path = pack(folder / "towers.zip", ("towers.csv", inner.read_bytes()))
    inner.unlink()
    return path


@trap("OM-SEC-020")
def archive_that_overlaps(folder: Path, goal: Goal) -> Path:
    """A ZIP whose members share their bytes."""
    path = pack(folder / "towers.zip", ("a.csv", CSV * 1_000), ("b.csv", CSV), deflate=False)
    content = bytearray(path.read_bytes())
    second = content.rfind(b"PK\x01\x02")
    content[second + 42 : second + 46] = struct.pack("<L", 0)
    path.write_bytes(content)
    return path


@trap("OM-SEC-004")
def archive_with_a_virtual_dataset(folder: Path, goal: Goal) -> Path:
    """A ZIP with a virtual dataset over a file of another folder, called .shp."""
    return pack(folder / "towers.zip", ("towers.shp", vrt(goal.file("a.csv"))))


@trap("OM-SEC-027")
def archive_with_a_grid_file(folder: Path, goal: Goal) -> Path:
    """A zipped Shapefile whose .prj has PROJ read a grid file of another folder."""
    path = shapefile(folder)
    text(path.with_suffix(".prj"), GRID.format(grid=goal.file("shift.gsb", b"\0" * 500)))
    parts = sorted(folder.glob("towers.*"))
    packed = pack(folder / "packed.zip", *((part.name, part.read_bytes()) for part in parts))
    for part in parts:
        part.unlink()
    return packed


@trap("OM-SEC-014")
def kmz_that_climbs(folder: Path, goal: Goal) -> Path:
    """A KMZ with a picture whose name climbs out of its folder."""
    return pack(folder / "towers.kmz", ("doc.kml", KML.format(body=POINT.format(name="a"))), ("../a.png", "x"))


@trap("OM-SEC-006")
def kmz_with_an_outer_entity(folder: Path, goal: Goal) -> Path:
    """A KMZ whose KML has an entity that is a file of another folder."""
    declared = f'<!DOCTYPE kml [<!ENTITY a SYSTEM "file://{goal.file("a.txt")}">]>'
    return pack(folder / "towers.kmz", ("doc.kml", declared + KML.format(body=POINT.format(name="&a;"))))


@trap("OM-SEC-004")
def kmz_with_a_virtual_dataset(folder: Path, goal: Goal) -> Path:
    """A KMZ of 奥维 whose KML is a virtual dataset."""
    return pack(folder / "towers.ovkmz", ("doc.kml", vrt(f"/vsicurl/{goal.url()}")))


@trap("OM-SEC-014")
def workbook_that_climbs(folder: Path, goal: Goal) -> Path:
    """A workbook with a part whose name climbs out of its folder."""
    return pack(folder / "towers.xlsx", ("xl/workbook.xml", "<a/>"), ("../../a.xml", "<a/>"))


@trap("OM-SEC-013")
def workbook_of_zeros(folder: Path, goal: Goal) -> Path:
    """A workbook of 300 kB that unpacks to 100 MB."""
    members = (("xl/workbook.xml", "<a/>"), ("xl/worksheets/sheet1.xml", b" " * 100_000_000))
    return pack(folder / "towers.xlsx", *members)
