"""Loss on a path after Recommendation ITU-R P.1812-8: terrain, clutter, ducting and scatter, 30 MHz to 6 GHz."""

from onemap.radio.p1812.basic_loss import path_loss
from onemap.radio.p1812.even_path import trace_even_median, trace_even_path
from onemap.radio.p1812.intermediates import p1812_intermediates
from onemap.radio.p1812.locations import centre_latitude, field_strength, location_sigma, with_locations
from onemap.radio.p1812.losses import Cases, Losses, Profiles, delta_bullington_losses, p1812_losses
from onemap.radio.p1812.path_geometry import SLOTS, effective_radius, trace_path

__all__ = [
    "SLOTS",
    "Cases",
    "Losses",
    "Profiles",
    "centre_latitude",
    "delta_bullington_losses",
    "effective_radius",
    "field_strength",
    "location_sigma",
    "p1812_intermediates",
    "p1812_losses",
    "path_loss",
    "trace_even_median",
    "trace_even_path",
    "trace_path",
    "with_locations",
]
