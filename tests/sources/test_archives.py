"""Archives are unpacked only where every member is what it seems, and each trap is refused under its own rule."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from onemap.errors import OnemapError, ReadError, RefusedError
from onemap.sources import sniff
from onemap.sources.archives import unpacked
from onemap.sources.guard.entries import archive_entries

CSV = "id,lon,lat\nT1,75.1,39.5\n"


def pack(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes | str], deflate: bool = True) -> Path:
    """Write an archive of members, names as they are."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def names_of(path: Path, driver: str = "ZIP") -> list[str]:
    with unpacked(path, driver) as folder:
        return sorted(item.relative_to(folder).as_posix() for item in folder.rglob("*") if item.is_file())


def refusal(path: Path, driver: str = "ZIP") -> str:
    """Give the rule under which an archive is turned away."""
    with pytest.raises(OnemapError) as caught, unpacked(path, driver):
        pass
    return caught.value.rule


def test_members_come_out_as_they_went_in_and_the_folder_goes(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", ("县/towers.csv", CSV), ("空/", ""), ("b.txt", b"\xff" * 3_000_000))
    with unpacked(path, "ZIP") as folder:
        assert (folder / "县" / "towers.csv").read_text(encoding="utf-8") == CSV
        assert (folder / "b.txt").read_bytes() == b"\xff" * 3_000_000
    assert not folder.exists()


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_names_without_the_utf8_mark_are_read_as_windows_packs_them(tmp_path: Path, encoding: str) -> None:
    raw = "县级/铁塔站址.csv".encode(encoding)
    path = tmp_path / "a.zip"
    marker = "x" * len(raw)
    pack(path, (marker, CSV))
    path.write_bytes(path.read_bytes().replace(marker.encode(), raw))
    assert names_of(path) == ["县级/铁塔站址.csv"]


def test_name_in_the_extra_field_counts_if_it_belongs_to_the_name(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("Tower.csv")
    name = "塔.csv".encode()
    field = b"\x01" + struct.pack("<L", zlib.crc32(b"Tower.csv")) + name
    info.extra = struct.pack("<HH", 0x7075, len(field)) + field
    assert names_of(pack(tmp_path / "a.zip", (info, CSV))) == ["塔.csv"]
    info.extra = struct.pack("<HH", 0x7075, len(field)) + b"\x01\0\0\0\0" + name
    assert names_of(pack(tmp_path / "b.zip", (info, CSV))) == ["Tower.csv"]


def test_of_a_kmz_only_the_kml_comes_out(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.kmz", ("doc.kml", "<kml/>"), ("files/icon.png", b"\x89PNG\r\n"), ("style.css", "a"))
    assert names_of(path, "KMZ") == ["doc.kml"]


def test_what_systems_add_is_passed_over(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", ("a.csv", CSV), ("__MACOSX/._a.csv", "x"), ("b/.DS_Store", "x"), ("Thumbs.db", "x"))
    assert names_of(path) == ["a.csv"]


@pytest.mark.parametrize(
    "name", ["../a.csv", "a/../../b.csv", "/etc/a.csv", "C:/a.csv", "c:a.csv", "a\\b.csv", "\\\\host\\a.csv", ".."]
)
def test_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    assert refusal(pack(tmp_path / "a.zip", (name, CSV))) == "OM-SEC-014"
    assert sorted(tmp_path.iterdir()) == [tmp_path / "a.zip"]


@pytest.mark.parametrize(
    "name", ["a\nb.csv", "a\x1b[2Jb.csv", "a\u202evsc.exe", "a//b.csv", "县" * 90 + ".csv", "./a.csv"]
)
def test_strange_name_is_refused(tmp_path: Path, name: str) -> None:
    assert refusal(pack(tmp_path / "a.zip", (name, CSV))) == "OM-SEC-015"


def test_name_with_a_nul_is_refused(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", ("towers.csvX.exe", CSV))
    path.write_bytes(path.read_bytes().replace(b"towers.csvX.exe", b"towers.csv\0.exe"))
    assert refusal(path) == "OM-SEC-015"


@pytest.mark.parametrize(
    "names", [("a.csv", "A.CSV"), ("县/é.csv", "县/e\u0301.csv"), ("a", "a/b.csv"), ("a/b.csv", "A")]
)
def test_names_that_are_one_file_are_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    assert refusal(pack(tmp_path / "a.zip", *((name, CSV) for name in names))) == "OM-SEC-016"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    assert refusal(pack(tmp_path / "a.zip", ("a.csv", CSV), ("a.csv", CSV))) == "OM-SEC-016"


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK])
def test_links_and_devices_are_refused(tmp_path: Path, kind: int) -> None:
    info = zipfile.ZipInfo("a.csv")
    info.create_system = 3
    info.external_attr = (kind | 0o777) << 16
    assert refusal(pack(tmp_path / "a.zip", (info, "/etc/passwd"))) == "OM-SEC-017"


def test_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", ("a.csv", CSV))
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.rfind(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert refusal(path) == "OM-SEC-018"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("inner.zip", b"PK\x05\x06" + b"\0" * 18),
        ("inner.rar", b"Rar!\x1a\x07\x01\0"),
        ("inner.7z", b"7z\xbc\xaf\x27\x1c"),
        ("disguised.csv", b"Rar!\x1a\x07\x01\0"),
        ("disguised.dbf", b"\x1f\x8b\x08\0"),
        ("a.tar.gz", b"\x1f\x8b\x08\0"),
    ],
)
def test_archive_in_an_archive_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    assert refusal(pack(tmp_path / "a.zip", ("a.csv", CSV), (name, content))) == "OM-SEC-019"


def test_member_that_points_elsewhere_is_refused(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", ("towers.shp", "<OGRVRTDataSource><OGRVRTLayer/></OGRVRTDataSource>"))
    with pytest.raises(RefusedError, match=r"a\.zip/towers\.shp points to other files"), unpacked(path, "ZIP"):
        pass


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    assert refusal(pack(tmp_path / "a.zip", *((f"{at}.csv", "") for at in range(2_001)))) == "OM-SEC-012"
    assert len(archive_entries(pack(tmp_path / "b.zip", *((f"{at}.csv", "") for at in range(2_000))))) == 2_000
    many = pack(tmp_path / "c.zip", *(("x" * 200 + f"{at}.csv", "") for at in range(20_000)))
    assert refusal(many) == "OM-SEC-012"


def wide_end(path: Path, length: int) -> Path:
    """Put the records of ZIP64 at the end of an archive, with a length of the table of contents."""
    content = path.read_bytes()
    at = content.rfind(b"PK\x05\x06")
    start = struct.unpack_from("<L", content, at + 16)[0]
    count = struct.unpack_from("<H", content, at + 10)[0]
    record = b"PK\x06\x06" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, count, count, length or at - start, start)
    locator = b"PK\x06\x07" + struct.pack("<LQL", 0, at, 1)
    path.write_bytes(content[:at] + record + locator + content[at:])
    return path


def test_wide_archive_is_read_and_its_own_length_counts(tmp_path: Path) -> None:
    assert names_of(wide_end(pack(tmp_path / "a.zip", ("a.csv", CSV)), 0)) == ["a.csv"]
    assert refusal(wide_end(pack(tmp_path / "b.zip", ("a.csv", CSV)), 500_000_000)) == "OM-SEC-012"
    with pytest.raises(RefusedError, match="at most 2000 files"):
        sniff(tmp_path / "b.zip")


def test_tight_archive_is_refused_and_a_tight_small_one_is_not(tmp_path: Path) -> None:
    assert refusal(pack(tmp_path / "a.zip", ("a.csv", b"\0" * 60_000_000))) == "OM-SEC-013"
    assert names_of(pack(tmp_path / "b.zip", ("a.csv", b" " * 20_000_000))) == ["a.csv"]


def test_tight_member_hidden_among_loose_ones_is_refused(tmp_path: Path) -> None:
    noise = os.urandom(2_000_000)
    path = pack(tmp_path / "a.zip", ("noise.csv", noise), ("zeros.csv", b"\0" * 60_000_000))
    assert refusal(path) == "OM-SEC-013"


def test_sizes_that_lie_are_found_while_unpacking(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", ("a.csv", b"1,2\n" * 5_000_000))
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.rfind(mark) + offset
        content[at : at + 4] = struct.pack("<L", 100)
    path.write_bytes(content)
    assert refusal(path) in {"OM-SEC-005", "OM-PKG-014"}


def test_more_than_two_gigabytes_are_refused_by_what_they_say(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", *((f"{at}.csv", CSV) for at in range(3)))
    content = bytearray(path.read_bytes())
    at = -1
    while (at := content.find(b"PK\x01\x02", at + 1)) >= 0:
        content[at + 24 : at + 28] = struct.pack("<L", 900_000_000)
    path.write_bytes(content)
    assert refusal(path) == "OM-SEC-005"


def test_overlapping_members_are_refused(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", ("a.csv", CSV * 1_000), ("b.csv", CSV), deflate=False)
    content = bytearray(path.read_bytes())
    second = content.rfind(b"PK\x01\x02")
    content[second + 42 : second + 46] = struct.pack("<L", 0)
    path.write_bytes(content)
    assert refusal(path) == "OM-SEC-020"


def test_unpacking_ends_in_time(tmp_path: Path) -> None:
    path = pack(tmp_path / "a.zip", ("a.csv", os.urandom(3_000_000)))
    with pytest.raises(ReadError, match="must end within -1 s"), unpacked(path, "ZIP", limit_s=-1.0):
        pass


def test_a_rare_method_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.csv", CSV)
    with pytest.raises(ReadError, match="must be stored or deflated"), unpacked(path, "ZIP"):
        pass


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_anywhere_never_leaves_the_folder_or_the_errors_we_know(tmp_path: Path, data: st.DataObject) -> None:
    path = pack(tmp_path / "a.zip", ("县/a.csv", CSV * 20), ("b/c.csv", CSV))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        with unpacked(path, "ZIP") as folder:
            assert all(item.resolve().is_relative_to(folder.resolve()) for item in folder.rglob("*"))
    except (ReadError, RefusedError):
        event("turned away")
    assert sorted(tmp_path.iterdir()) == [path]
