"""GeoPackage, File GDB and Shapefile of any layer, as planned: GDAL gets nothing that it would have to change."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from onemap.delivery.conversion.comparison import grid_step
from onemap.delivery.conversion.layer import Plan
from onemap.delivery.writers.arrow import write_table

__all__ = ["write_geodatabase", "write_geopackage", "write_shapefile"]

_STEP_DEGREES = 1e-9
_DECIMAL_DIGITS = 38
_EXACT = 2**51  # below, a double times a power of ten has its nearest whole number right


def write_geopackage(plan: Plan, path: Path, *, date: dt.date) -> None:
    """Write a layer into a GeoPackage 1.3, which is made if it does not exist.

    Parameters
    ----------
    plan
        The layer as planned for "gpkg".
    path
        File; layers in it stay.
    date
        Date that the file is given.

    Raises
    ------
    WriteError
        If GDAL fails or warns.

    Examples
    --------
    >>> import pandas as pd, pathlib, tempfile
    >>> from onemap.delivery.conversion.layer import plain_layer
    >>> from onemap.delivery.conversion.plans import plan_layer
    >>> towers = plain_layer("towers", pd.DataFrame({"id": [1]}), None, crs=None)
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "towers.gpkg"
    >>> write_geopackage(plan_layer(towers, "gpkg"), file, date=dt.date(2026, 1, 1))
    >>> file.exists()
    True
    """
    taken = {name.lower() for name in plan.stored.table.column_names}
    _write(
        plan,
        path,
        driver="GPKG",
        date=date,
        layer=plan.stored.name,
        dataset_options={} if path.exists() else {"VERSION": "1.3"},
        layer_options={"FID": _free("fid", taken), "GEOMETRY_NAME": _free("geom", taken)}
        if plan.geometry_type
        else {"FID": _free("fid", taken)},
    )


def write_geodatabase(plan: Plan, path: Path, *, date: dt.date) -> None:
    """Write a layer into a File GDB, which is made if it does not exist; names that had to change stay as aliases.

    Coordinates are whole steps of a grid in this format: 1e-9 degrees or 0.1 mm.

    Parameters
    ----------
    plan
        The layer as planned for "gdb".
    path
        Folder ending in `.gdb`; layers in it stay.
    date
        Date that the file is given.

    Raises
    ------
    WriteError
        If GDAL fails or warns.

    Examples
    --------
    >>> import pandas as pd, pathlib, tempfile
    >>> from onemap.delivery.conversion.layer import plain_layer
    >>> from onemap.delivery.conversion.plans import plan_layer
    >>> towers = plain_layer("towers", pd.DataFrame({"id": [1]}), None, crs=None)
    >>> folder = pathlib.Path(tempfile.mkdtemp()) / "towers.gdb"
    >>> write_geodatabase(plan_layer(towers, "gdb"), folder, date=dt.date(2026, 1, 1))
    >>> folder.is_dir()
    True
    """
    options = {"LAYER_ALIAS": plan.given.name}
    if plan.geometry_type:
        step = grid_step(plan.stored)
        options |= {"XYTOLERANCE": f"{step:.12f}"}
        if plan.stored.crs is None and step == _STEP_DEGREES:  # GDAL would keep four decimals: 10 m
            options |= {"XORIGIN": "-400", "YORIGIN": "-400", "XYSCALE": "1000000000"}
    _write(plan, path, driver="OpenFileGDB", date=date, layer=plan.stored.name, layer_options=options)


def write_shapefile(plan: Plan, path: Path, *, date: dt.date, encoding: str) -> None:
    """Write a layer as a Shapefile.

    Parameters
    ----------
    plan
        The layer as planned for this format and encoding.
    path
        The `.shp` to make; its other parts stand beside it.
    date
        Date that the table is given.
    encoding
        "gbk" or "utf-8", which the .cpg says.

    Raises
    ------
    WriteError
        If GDAL fails or warns.

    Examples
    --------
    >>> import pandas as pd, pathlib, tempfile
    >>> from onemap.delivery.conversion.layer import plain_layer
    >>> from onemap.delivery.conversion.plans import plan_layer
    >>> place = np.array([shapely.Point(75, 39)])
    >>> towers = plain_layer("towers", pd.DataFrame({"id": [1]}), place, crs="EPSG:4490")
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "towers.shp"
    >>> write_shapefile(plan_layer(towers, "shp-gbk"), file, date=dt.date(2026, 1, 1), encoding="gbk")
    >>> file.with_suffix(".cpg").read_text()
    'GBK'
    """
    _write(
        plan,
        path,
        driver="ESRI Shapefile",
        date=date,
        layer=path.stem,
        encoding=encoding.upper(),
        layer_options={"DBF_DATE_LAST_UPDATE": date.isoformat(), "RESIZE": "NO"},
    )
    _write_digits(plan, path.with_suffix(".dbf"))


def _write_digits(plan: Plan, table: Path) -> None:
    """Put the exact digits of numbers into a dBASE table: GDAL loses the last one on the way from Arrow's decimals."""
    if not plan.decimals or not plan.stored.rows:
        return
    with table.open("rb") as file:
        head = file.read(32)
        header_bytes, row_bytes = (int.from_bytes(head[at : at + 2], "little") for at in (8, 10))
        fields = file.read(header_bytes - 32)
    widths = [fields[at + 16] + (256 * fields[at + 17] if fields[at + 11 : at + 12] == b"C" else 0)
              for at in range(0, len(fields) - 1, 32)]  # fmt: skip
    cells = np.memmap(table, np.uint8, "r+", offset=header_bytes, shape=(plan.stored.rows, row_bytes))
    start = 1
    for name, width in zip(plan.stored.table.column_names, widths, strict=False):
        if plan.decimals.get(name):
            form = f"{width}.{plan.decimals[name]}f"
            values = plan.stored.table[name].to_pylist()
            texts = [b" " * width if value is None else format(value, form).encode() for value in values]
            cells[:, start : start + width] = np.array(texts, f"S{width}").view(np.uint8).reshape(-1, width)
        start += width
    cells.flush()


def _write(
    plan: Plan,
    path: Path,
    *,
    driver: str,
    date: dt.date,
    layer: str,
    encoding: str | None = None,
    dataset_options: dict[str, str] | None = None,
    layer_options: dict[str, str] | None = None,
) -> None:
    """Hand a plan to GDAL."""
    geometry = _free("geometry", set(plan.stored.table.column_names))
    write_table(
        _table(plan, geometry),
        path,
        layer=layer,
        driver=driver,
        geometry_type=plan.geometry_type,
        crs=plan.stored.crs,
        date=date,
        encoding=encoding,
        dataset_options=dataset_options,
        layer_options=layer_options,
        geometry=geometry,
    )


def _table(plan: Plan, geometry: str) -> pa.Table:
    """Give the Arrow table of a plan, with widths and aliases as GDAL takes them."""
    given = {stored: name for name, stored in plan.names.items()}
    fields, arrays = [], []
    for name in plan.stored.table.column_names:
        array = plan.stored.table[name].combine_chunks()
        metadata = {}
        if pa.types.is_string(array.type) and plan.widths.get(name):
            metadata["GDAL:OGR:width"] = str(plan.widths[name])
        alias = plan.given.aliases.get(given.get(name, ""), "") or given.get(name, name)
        if alias != name:
            metadata["GDAL:OGR:alternative_name"] = alias[:255].replace("\0", "")
        if pa.types.is_timestamp(array.type) and array.type.tz is None:
            array = array.cast(pa.timestamp("us", "UTC"))  # GDAL warns of times without a zone and takes them for UTC
        if name in plan.decimals:
            array = _digits(array, plan.widths[name], plan.decimals[name])
        fields.append(pa.field(name, array.type, metadata=metadata or None))
        arrays.append(array)
    if plan.stored.geometry is not None:
        fields.append(pa.field(geometry, pa.binary(), metadata={"ARROW:extension:name": "ogc.wkb"}))
        arrays.append(pa.array(shapely.to_wkb(plan.stored.geometry, flavor="iso"), pa.binary()))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _digits(numbers: pa.Array, width: int, decimals: int) -> pa.Array:
    """Give numbers as decimals, exactly."""
    kind = pa.decimal128(min(width, _DECIMAL_DIGITS), decimals)
    values = numbers.to_numpy(zero_copy_only=False).astype(np.float64)
    scaled = np.rint(np.nan_to_num(values) * 10.0**decimals)
    if decimals > 22 or np.abs(scaled).max(initial=0.0) >= _EXACT:
        exact = [None if value is None else Decimal(f"{value:.{decimals}f}") for value in numbers.to_pylist()]
        return pa.array(exact, kind)
    whole = scaled.astype("<i8")
    halves = np.column_stack([whole, whole >> 63]).tobytes()
    plain = pa.Array.from_buffers(kind, len(whole), [None, pa.py_buffer(halves)])
    return pc.if_else(numbers.is_valid(), plain, pa.scalar(None, kind))


def _free(wanted: str, taken: set[str]) -> str:
    """Give a name that no column has."""
    name, number = wanted, 0
    while name in taken:
        number += 1
        name = f"{wanted}_{number}"
    return name
