"""VCT files put together by hand, line by line: nothing of the writer under test."""

from __future__ import annotations

from pathlib import Path

HEAD_3 = """HeadBegin
DataMark:LANDUSE-VCT
Version:3.0
CoordinateSystemType:P
Dim:2
XAxisDirection:E
YAxisDirection:N
XYUnit:M
Spheroid:CGCS2000,6378137.0,298.257222101
PrimeMeridian:Greenwich
Projection:高斯-克吕格投影
Parameters:114,1,38500000,0,3,38
ExtentMin:0,0
ExtentMax:1,1
MapScale:2000
Offset:0,0
Date:20260101
Separator:,
HeadEnd
"""

HEAD_2 = """HeadBegin
Datamark: LANDUSE.VCT
Version: 2.0
Unit: M
Dim: 2
Topo: 1
Coordinate: M
Projection: Gauss-Krueger Projection
Spheroid: IAG-75 Spheroid
Parameters: 6378140,6356755
Meridinan: 114
Separator: ,
HeadEnd
"""

HEAD_1 = """HeadBegin
Datamark: LANDUSE-DAT
Version: 1.0
Unit: M
Dim: 2
Topo: 0
Separator: ,
HeadEnd
"""

SQUARES_3 = {
    "FeatureCode": "2001,图斑,Polygon,TB\n",
    "TableStructure": "TB,2\nMC,Char,10\nMJ,Float,15,2\n0\n",
    "Point": "",
    "Line": (
        "11\n1099000000\nUnknown\n1\n1\n11\n2\n10,10\n10,0\n0\n\n"
        "12\n1099000000\nUnknown\n1\n1\n11\n4\n10,0\n0,0\n0,10\n10,10\n0\n\n"
        "13\n1099000000\nUnknown\n1\n1\n11\n4\n10,10\n20,10\n20,0\n10,0\n0\n\n"
    ),
    "Polygon": (
        "1\n2001\nUnknown\n100\n5,5\n21\n2\n11,12\n0\n\n"
        "2\n2001\nUnknown\n100\n15,5\n21\n2\n-11,13\n0\n\n"
    ),
    "Annotation": "",
    "Attribute": "TB\n1,甲,100.00\n2,,\nTableEnd\n\n",
}  # fmt: skip
"""Two squares side by side that share the line 11."""


def document(head: str, sections: dict[str, str]) -> str:
    """Put head and sections together."""
    return head + "".join(f"{name}Begin\n{body}{name}End\n\n" for name, body in sections.items())


def saved(folder: Path, text: str, *, encoding: str = "gb18030", newline: str = "\r\n", name: str = "a.vct") -> Path:
    """Save the text of a file."""
    path = folder / name
    path.write_bytes(text.replace("\n", newline).encode(encoding))
    return path
