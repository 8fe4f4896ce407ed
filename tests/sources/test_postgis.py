"""A real PostGIS: read, conform, write back; what is hostile is refused, and no password is in any output."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from onemap.cli.app import run
from onemap.delivery.conversion.layer import plain_layer
from onemap.errors import LayerError, OnemapError, ReadError, RefusedError, WriteError
from onemap.layers.conform import LayerMapping, conform
from onemap.sources.content_hash import content_hash
from onemap.sources.database import connect, require_no_password
from onemap.sources.sql_guard import require_select
from onemap.workflows.converting import convert_file
from tests.sources.postgres_server import Server, running_server

postgis = pytest.importorskip("onemap.sources.postgis")
CANARY = "canary pass%word'7&x"

TABLES = """
create table raw.towers (
  id int8 primary key, code text, owner varchar(20), height float8, shares numeric(10,2), exact numeric, has_room bool,
  built date, seen timestamp, changed timestamptz, tenants text[], facts jsonb, photo bytea, geom geometry(Point, 4490));
insert into raw.towers select i, 'T' || i, case i % 3 when 0 then '' when 1 then null else '中国移动㵘' end,
  30 + i * 0.1, i * 0.25, 0.12345678901234567890, i % 2 = 0, '1899-12-31', '2026-01-02 03:04:05.678901',
  '2026-01-02 03:04:05+08', array['移动', '联通'], '{"a": 1}', 'x',
  st_setsrid(st_makepoint(75 + i * 0.001, 39.5), 4490) from generate_series(50, 1, -1) i;
create table raw."怪 name; drop table x --" (a int4);
insert into raw."怪 name; drop table x --" values (1);
create table raw.two_shapes (id int4 primary key, one geometry(Point, 4490), two geometry(Point, 4490));
create table raw.mixed (id int4 primary key, geom geometry);
insert into raw.mixed values (1, 'SRID=4490;POINT(75 39)'), (2, 'SRID=4326;POINT(75 39)');
create table raw.empty (id int4 primary key, geom geometry(PointZ, 4528));
create table raw.dates (id int4 primary key, day date, moment timestamptz);
insert into raw.dates values (1, 'infinity', '-infinity'), (2, '0044-03-15 BC', null);
create table raw.undefined as select 1 id, st_setsrid(st_makepoint(1, 2), 888888) geom;
create table raw.curved as select 1 id, 'SRID=4490;CIRCULARSTRING(0 0, 1 1, 2 0)'::geometry geom;
create view raw.slow as select i, pg_sleep(0.01)::text as s from generate_series(1, 100000) i;
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    import psycopg

    with running_server() as started:
        with psycopg.connect(started.text("owner"), password=started.password, autocommit=True) as connection:
            connection.execute(TABLES)
        yield started


@pytest.fixture
def reader_text(server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("PGPASSWORD", server.password)
    return server.text("reader")


def read(text: str, **asked: str):
    return postgis.read_postgis(text, **asked)


@pytest.mark.slow
def test_every_type_comes_as_source_layers_promise(reader_text: str) -> None:
    source = read(reader_text, table="raw.towers")
    frame = source.frame
    assert source.crs == "EPSG:4490"
    assert source.rows.tolist() == list(range(1, 51))
    assert frame["id"].tolist() == list(range(1, 51))  # by the primary key, though they were inserted backwards
    assert [str(kind) for kind in frame[["id", "code", "height", "shares", "has_room"]].dtypes] == [
        "Int64", "string", "float64", "float64", "boolean",
    ]  # fmt: skip
    first = frame.iloc[0]
    assert (first["code"], first["owner"], first["shares"]) == ("T1", pd.NA, 0.25) or pd.isna(first["owner"])
    assert frame["owner"].iloc[2] == ""
    assert first["exact"] == "0.12345678901234567890"
    assert first["built"] == dt.date(1899, 12, 31)
    assert first["seen"] == pd.Timestamp("2026-01-02 03:04:05.678901")
    assert first["changed"] == pd.Timestamp("2026-01-01 19:04:05", tz="UTC")
    assert first["tenants"] == "移动;联通"
    assert json.loads(first["facts"]) == {"a": 1}
    assert shapely.equals_identical(source.geometry[0], shapely.Point(75.001, 39.5))
    assert {finding.rule for finding in source.findings} == {"OM-PKG-005", "OM-PKG-067"}


@pytest.mark.slow
def test_read_conform_write_back_and_read_again(server: Server, reader_text: str) -> None:
    mapping = LayerMapping(layer="towers", fields={"tower_id": "code", "owner": "owner", "height_agl_m": "height"})
    conformed = conform(
        read(reader_text, table="raw.towers"), mapping, working_crs="EPSG:4490", file="raw.towers"
    ).layer
    from onemap.workflows.database_writing import write_table

    attributes = pd.DataFrame(conformed.drop(columns="geometry"))
    layer = plain_layer("conformed", attributes, np.asarray(conformed.geometry.array, dtype=object), crs="EPSG:4490")
    _, losses = write_table(layer, server.text("owner"), schema="raw")
    again = read(reader_text, table="raw.conformed")
    assert {loss.kind for loss in losses} <= {"values-as-text"}
    assert again.frame["tower_id"].tolist() == conformed["tower_id"].tolist()
    assert again.frame["height_agl_m"].tolist() == conformed["height_agl_m"].tolist()
    assert again.crs == "EPSG:4490"
    assert shapely.equals_identical(again.geometry, np.asarray(conformed.geometry.array)).all()
    assert postgis.ROW_COLUMN not in again.frame


@pytest.mark.slow
def test_a_hundred_thousand_rows_there_and_back(
    server: Server, reader_text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    count = 100_000
    rng = np.random.default_rng(5)
    frame = gpd.GeoDataFrame(
        {"id": np.arange(count), "name": [f"站{i}" for i in range(count)], "height": rng.random(count)},
        geometry=shapely.points(75 + rng.random(count), 39 + rng.random(count)),
        crs="EPSG:4490",
    )
    frame.to_file(tmp_path / "many.gpkg", layer="many")
    start = time.monotonic()
    written = convert_file(tmp_path / "many.gpkg", "db:raw.many", database=server.text("owner"))
    middle = time.monotonic()
    source = read(reader_text, table="raw.many")
    end = time.monotonic()
    assert not written.findings
    assert len(source.rows) == count
    assert source.frame["height"].to_numpy().tobytes() == frame["height"].to_numpy().tobytes()
    with capsys.disabled():
        sys.stdout.write(
            f"\n{count} rows: written and read back in {middle - start:.1f} s, read in {end - middle:.1f} s\n"
        )
    assert end - middle < 30


@pytest.mark.slow
def test_names_are_only_names(server: Server, reader_text: str) -> None:
    source = read(reader_text, table='raw."怪 name; drop table x --"')
    assert source.frame["a"].tolist() == [1]
    assert [finding.rule for finding in source.findings] == ["OM-PKG-066"]  # without a primary key there is no order
    for name in ('raw.towers"; drop table raw.towers; --', "raw.towers; select 1", "a.b.c", "", "x\0y", "nowhere"):
        with pytest.raises(ReadError, match="must hold the table"):
            read(reader_text, table=name)
    frame = pd.DataFrame(
        {'"; drop table raw.towers; --': ["'); drop table raw.towers; --"], "%s": ["%s"], "{}": ["{}"]}
    )
    from onemap.workflows.database_writing import write_table

    write_table(plain_layer("t'); --", frame, None, crs=None), server.text("owner"), schema="raw")
    again = read(server.text("owner"), table='raw."t\'); --"')
    assert again.frame.to_dict("list") == frame.to_dict("list")
    assert len(read(reader_text, table="raw.towers").rows) == 50


@pytest.mark.slow
def test_queries_select_and_nothing_else(reader_text: str) -> None:
    asked = """with tall as (select id, geom, '; drop' as "update", $a$ ; $a$ as d from raw.towers where height > 34)
               select * from tall /* ; /* nested */ */ order by id -- the end"""
    source = read(reader_text, query=asked)
    assert source.frame["id"].tolist() == list(range(41, 51))
    assert source.crs == "EPSG:4490"
    with pytest.raises(LayerError, match="id stands twice"):
        read(reader_text, query="select id, id from raw.towers")


HOSTILE = [
    "select 1; drop table raw.towers", "drop table raw.towers", "delete from raw.towers", "",
    "with gone as (delete from raw.towers returning *) select * from gone", "select * into x from raw.towers",
    "select pg_read_file('/etc/passwd')", "select \"pg_read_file\"('/etc/passwd')", "select pg_catalog.pg_ls_dir('/')",
    "copy raw.towers to program 'id'", "select * from dblink('host=x', 'select 1') as t(a int)", "select lo_import('/etc/passwd')",
    "select query_to_xml('delete from raw.towers', true, true, '')", "select set_config('transaction_read_only', 'off', false)",
    "select 'a' ' ; drop'; select 2", "select U&\"pg\\005fread_file\"('x')", "select $$a$$; drop table x", "values (1)",
    "/* select */ drop table x", "select 'open", "select 1 /* open", "explain analyze delete from raw.towers",
    "select E'\\'; drop table raw.towers; --'; select 1", "do $$ begin end $$", "table raw.towers", "call x()",
    "select pg_sleep(1000)", "select pg_terminate_backend(1)",
]  # fmt: skip


@pytest.mark.parametrize("query", HOSTILE)
def test_hostile_queries_are_refused(query: str) -> None:
    with pytest.raises(RefusedError, match="must be one SELECT") as caught:
        require_select(query)
    assert caught.value.rule == "OM-SEC-043"
    assert caught.value.exit_code == 4


@pytest.mark.slow
def test_the_transaction_cannot_write(server: Server, reader_text: str) -> None:
    import psycopg

    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), connect(server.text("owner")) as connection:
        connection.execute("delete from raw.towers")
    with pytest.raises(psycopg.errors.Error, match="read-write mode"), connect(server.text("owner")) as connection:
        connection.execute("set transaction read write")
    assert len(read(reader_text, table="raw.towers").rows) == 50


@pytest.mark.slow
def test_shapes_of_several_kinds_are_named(reader_text: str) -> None:
    with pytest.raises(LayerError, match="one、two"):
        read(reader_text, table="raw.two_shapes")
    assert len(read(reader_text, query="select id, one from raw.two_shapes").rows) == 0
    with pytest.raises(LayerError, match="4326、4490"):
        read(reader_text, table="raw.mixed")
    with pytest.raises(LayerError, match="888888") as caught:
        read(reader_text, table="raw.undefined")
    assert caught.value.rule == "OM-CRS-048"
    with pytest.raises(ReadError, match="must be points, lines or areas") as unread:
        read(reader_text, table="raw.curved")
    assert unread.value.rule == "OM-PKG-074"
    empty = read(reader_text, table="raw.empty")
    assert (empty.crs, len(empty.rows), len(empty.geometry)) == ("EPSG:4528", 0, 0)


@pytest.mark.slow
def test_days_beyond_the_calendar_stay_text(reader_text: str) -> None:
    source = read(reader_text, table="raw.dates")
    assert source.frame["day"].tolist() == ["infinity", "0044-03-15 BC"]
    assert [finding.rule for finding in source.findings] == ["OM-PKG-067", "OM-PKG-067"]


@pytest.mark.slow
def test_a_superuser_is_warned(server: Server, reader_text: str) -> None:
    source = read(server.text("postgres"), query="select 1 as a")
    assert "OM-SEC-044" in {finding.rule for finding in source.findings}


@pytest.mark.slow
def test_tables_are_listed(reader_text: str) -> None:
    listed = {info.name: info for info in postgis.list_tables(reader_text)}
    assert listed["raw.towers"].geometry_type == "Point"
    assert 'raw."怪 name; drop table x --"' in listed


@pytest.mark.slow
def test_the_hash_follows_the_rows(reader_text: str) -> None:
    whole, again = (content_hash(read(reader_text, table="raw.towers")) for _ in range(2))
    part = content_hash(read(reader_text, query="select * from raw.towers where id > 1 order by id"))
    assert whole == again
    assert whole["rows"] == 50
    assert whole["sha256"] != part["sha256"]


@pytest.mark.slow
def test_a_server_that_goes_away_is_said(server: Server, reader_text: str) -> None:
    import psycopg

    def end_readers() -> None:
        with psycopg.connect(server.text("postgres"), password=server.password, autocommit=True) as connection:
            for _ in range(100):
                ended = connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where application_name = 'onemap' and query like 'FETCH%'"
                ).fetchall()
                if ended:
                    return
                time.sleep(0.05)

    killer = threading.Thread(target=end_readers)
    killer.start()
    with pytest.raises(ReadError, match="must come to its end") as caught:
        read(reader_text, table="raw.slow")
    killer.join()
    assert caught.value.rule == "OM-PKG-070"


@pytest.mark.slow
def test_a_statement_has_its_time(reader_text: str) -> None:
    with pytest.raises(ReadError, match="statement timeout"):
        postgis.read_postgis(reader_text, table="raw.slow", timeout_s=1)


@pytest.mark.slow
def test_an_old_table_is_replaced_only_when_asked_and_as_a_whole(server: Server, reader_text: str) -> None:
    from onemap.workflows.database_writing import write_table

    owner = server.text("owner")
    place = np.array([shapely.Point(75, 39), None], dtype=object)
    layer = plain_layer(
        "kept", pd.DataFrame({"站址": ["甲", None]}), place, crs="EPSG:4490", aliases={"站址": "站址编码"}
    )
    write_table(layer, owner, schema="raw")
    with pytest.raises(WriteError, match="must not exist yet"):
        write_table(layer, owner, schema="raw")
    other = plain_layer("kept", pd.DataFrame({"a": [1]}), np.array([shapely.Point(1, 2)]), crs='LOCAL_CS["grid"]')
    with pytest.raises(WriteError, match="EPSG code"):
        write_table(other, owner, schema="raw", replace=True)
    with pytest.raises(WriteError, match="permission denied"):
        write_table(layer, server.text("reader"), schema="raw", replace=True)
    kept = read(reader_text, table="raw.kept")
    assert kept.frame["站址"].tolist() == ["甲", pd.NA] or kept.frame["站址"].isna().tolist() == [False, True]
    write_table(layer, owner, schema="raw", replace=True)
    with connect(owner) as connection:
        comment = connection.execute("select col_description('raw.kept'::regclass, 2)").fetchone()
        index = connection.execute(
            "select count(*) from pg_indexes where tablename = 'kept' and indexdef like '%gist%'"
        )
        assert (comment[0], index.fetchone()[0]) == ("站址编码", 1)


@pytest.mark.slow
def test_a_system_that_the_database_lacks_is_defined(server: Server, reader_text: str) -> None:
    import psycopg

    from onemap.workflows.database_writing import write_table

    with psycopg.connect(server.text("postgres"), password=server.password) as connection:
        connection.execute("delete from spatial_ref_sys where srid = 4534")
        connection.execute("grant insert on spatial_ref_sys to owner")
    place = np.array([shapely.Point(500_000, 4_374_000)])
    write_table(
        plain_layer("zone", pd.DataFrame({"a": [1]}), place, crs="EPSG:4534"), server.text("owner"), schema="raw"
    )
    assert read(reader_text, table="raw.zone").crs == "EPSG:4534"


def project(folder: Path, database: str) -> Path:
    folder.mkdir()
    (folder / "onemap.toml").write_text(
        '[project]\nname = "x"\ndate = 2026-01-01\n[coverage]\nmodel = "radius"\n[[source]]\nlayer = "towers"\n'
        f'database = {json.dumps(database)}\ntable = "raw.towers"\n'
        'fields = { tower_id = "code", owner = "owner", height_agl_m = "height" }\n',
        encoding="utf-8",
    )
    return folder


def onemap(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "onemap", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})


def forms_of(secret: str) -> set[str]:
    return {secret, quote(secret), quote_plus(secret), quote(secret, safe=""), repr(secret)[1:-1], json.dumps(secret)[1:-1],
            secret.replace("'", "\\'"), secret.replace("'", "''"), secret.rsplit(maxsplit=1)[-1]}  # fmt: skip


def assert_nowhere(secret: str, folder: Path, *texts: str) -> None:
    written = [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    for form in forms_of(secret):
        assert not any(form in text for text in texts)
        assert not any(form.encode() in content for content in written)


@pytest.mark.slow
def test_a_project_reads_a_table(server: Server, tmp_path: Path) -> None:
    folder = project(tmp_path / "good", server.text("reader"))
    ended = onemap("run", str(folder), "--only", "layers", "--json", PGPASSWORD=server.password)
    assert ended.returncode == 0, ended.stderr
    manifest = json.loads(next(folder.rglob("manifest.json")).read_text())
    assert manifest["inputs"]["postgis:raw.towers"]["rows"] == 50
    assert_nowhere(server.password, tmp_path, ended.stdout, ended.stderr)


@pytest.mark.slow
@pytest.mark.parametrize("debug", ["", "1"])
def test_a_wrong_password_leaves_no_trace(server: Server, tmp_path: Path, debug: str) -> None:
    folder = project(tmp_path / "bad", server.text("reader"))
    out = tmp_path / "t.gpkg"
    for words in (
        ["run", str(folder), "--only", "layers", "--json"],
        ["run", str(folder), "--only", "layers", "--lang", "zh"],
        ["inspect", "db:raw.towers", "--database", server.text("reader"), "--json"],
        ["convert", "db:raw.towers", str(out), "--database", server.text("reader")],
    ):
        ended = onemap(*words, PGPASSWORD=CANARY, **({"ONEMAP_DEBUG": debug} if debug else {}))
        assert ended.returncode == 3
        assert "OM-PKG-069" in ended.stdout + ended.stderr
        assert_nowhere(CANARY, tmp_path, ended.stdout, ended.stderr)


@pytest.mark.slow
def test_a_wrong_password_is_in_no_exception(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", CANARY)
    with pytest.raises(ReadError, match="password authentication failed") as caught:
        read(server.text("reader"), table="raw.towers")
    error: BaseException | None = caught.value
    told = "".join(traceback.format_exception(error))
    while error is not None:
        told += repr(error) + repr(error.args) + str(vars(error))
        error = error.__context__ or error.__cause__
    assert not any(form in told for form in forms_of(CANARY))


@pytest.mark.parametrize(
    "database",
    [
        f"host=127.0.0.1 dbname=planning password='{CANARY}'",
        f"host=127.0.0.1 PASSWORD = {CANARY.split(maxsplit=1)[0]}",
        f"postgresql://reader:{quote(CANARY, safe='')}@127.0.0.1/planning",
        f"postgresql://127.0.0.1/planning?user=reader&password={quote(CANARY, safe='')}",
        f"host=127.0.0.1 sslpassword='{CANARY}'",
    ],
)
def test_a_password_in_the_text_is_refused_and_not_repeated(
    database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(RefusedError, match="must hold no password") as caught:
        require_no_password(database)
    assert not any(form in repr(caught.value) for form in forms_of(CANARY))
    folder = project(tmp_path / "p", database)
    assert run(["run", str(folder), "--only", "layers", "--json"]) == 4
    assert run(["run", str(folder), "--only", "layers"]) == 4
    assert run(["inspect", "db:raw.towers", "--database", database]) == 4
    assert run(["inspect", f"PG:{database}", "--json"]) == 4
    (folder / "onemap.toml").unlink()
    told = capsys.readouterr()
    assert told.out.count("OM-SEC-042") + told.err.count("OM-SEC-042") >= 3
    assert_nowhere(CANARY, tmp_path, told.out, told.err)


def test_a_connection_text_that_cannot_be_read_is_not_repeated() -> None:
    with (
        pytest.raises(OnemapError, match="not repeated here") as caught,
        connect(f"host=127.0.0.1 {CANARY.split(maxsplit=1)[0]}"),
    ):
        pass
    assert CANARY.split(maxsplit=1)[0] not in "".join(traceback.format_exception(caught.value))
