"""The head of a 3.0 file as text, in the order that checkers want."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from onemap.errors import WriteError
from onemap.vct.new_layer import Options
from onemap.vct.systems import System, head_entries

__all__ = ["head_lines"]


def head_lines(options: Options, system: System | None, bounds: NDArray[np.float64], *, decimals: int) -> Iterator[str]:
    """Give the lines of a head.

    Parameters
    ----------
    options
        How the file is written.
    system
        System of coordinates; None where no code tells it.
    bounds
        Least east and north, greatest east and north, shape (4,); infinite where there are no shapes.
    decimals
        Digits of the extent after the point.

    Raises
    ------
    WriteError
        If an entry of `options.extra` holds what would end its line.

    Examples
    --------
    >>> lines = list(head_lines(Options(scale=500), None, np.array([0.0, 0, 9, 5]), decimals=1))
    >>> lines[0], lines[14:17]
    ('DataMark:LANDUSE-VCT', ['ExtentMin:0.0,0.0', 'ExtentMax:9.0,5.0', 'MapScale:500'])
    """
    extent = bounds if np.isfinite(bounds).all() else np.zeros(4)
    corners = [",".join(f"{place:.{decimals}f}" for place in corner) for corner in (extent[:2], extent[2:])]
    stated = head_entries(system, is_degrees=options.is_degrees)
    entries = {
        "DataMark": options.data_mark,
        "Version": options.version,
        "CoordinateSystemType": stated["CoordinateSystemType"],
        "Dim": "2",
        "XAxisDirection": "E",
        "YAxisDirection": "N",
        "XYUnit": stated["XYUnit"],
        "ZUnit": "M",
        **{key: stated[key] for key in ("Spheroid", "PrimeMeridian", "Projection", "Parameters")},
        "VerticalDatum": "" if system is None else "1985国家高程基准",
        "TemporalReferenceSystem": "北京时间",
        "ExtentMin": corners[0],
        "ExtentMax": corners[1],
        "MapScale": str(options.scale),
        "Offset": "0,0",
        "Date": options.date,
        "Separator": ",",
        **options.extra,
    }
    for key, value in entries.items():
        if any(mark in key + value for mark in "\r\n\0"):
            raise WriteError("vct_name", name=key)
        yield f"{key}:{value}"
