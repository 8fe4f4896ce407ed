"""Loss on a path after Recommendation ITU-R P.1812-8: terrain, clutter, ducting and scatter, 30 MHz to 6 GHz."""

from onemap.radio.p1812.basic_loss import path_loss
from onemap.radio.p1812.path_geometry import SLOTS, effective_radius, trace_path

__all__ = ["SLOTS", "effective_radius", "path_loss", "trace_path"]
