"""Longley-Rice: the Irregular Terrain Model (ITM) of NTIA, as its reference implementation 1.4 behaves.

Written from G. A. Hufford's "The ITS Irregular Terrain Model, version 1.2.2: the Algorithm" (NTIA), ERL 79-ITS 67,
Technical Note 101 (NBS) and the published behaviour of NTIA's reference (public domain).
"""

from __future__ import annotations

from onemap.radio.itm.codes import code_name, flag_names
from onemap.radio.itm.kernels import itm_area, itm_point_to_point, shape_loss
from onemap.radio.itm.losses import ItmConditions, ItmLosses, itm_area_losses, itm_intermediates, itm_losses
from onemap.radio.itm.terrain_shape import SLOTS, area_shape, trace_terrain

__all__ = [
    "SLOTS",
    "ItmConditions",
    "ItmLosses",
    "area_shape",
    "code_name",
    "flag_names",
    "itm_area",
    "itm_area_losses",
    "itm_intermediates",
    "itm_losses",
    "itm_point_to_point",
    "shape_loss",
    "trace_terrain",
]
