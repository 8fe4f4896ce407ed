"""The VCT exchange format of China: read versions 1.0, 2.0 and 3.0, write 3.0. Arrays and text, no frames.

::

    lines ──▶ index ──▶ coordinates ──▶ shapes ──▶ reader        what stands where; then batch by batch
              grammar   values ──▶ rows ──▲
    coverage ──▶ writer                                          shared borders, ids, sections in order
"""

from onemap.vct.grammar import AUXILIARY, Declared, Field, Head, Problem, Table
from onemap.vct.new_layer import NewLayer, Options
from onemap.vct.reader import Batch, Layer, VctFile, open_vct
from onemap.vct.writer import Writer, write_vct

__all__ = [
    "AUXILIARY",
    "Batch",
    "Declared",
    "Field",
    "Head",
    "Layer",
    "NewLayer",
    "Options",
    "Problem",
    "Table",
    "VctFile",
    "Writer",
    "open_vct",
    "write_vct",
]
