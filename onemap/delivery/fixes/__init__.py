"""Mend what is safe to mend: one function a rule, which changes nothing that it cannot know."""

from __future__ import annotations

from onemap.delivery.fixes.layer import Change, MendableLayer
from onemap.delivery.fixes.mending import FIXES, mend_layer

__all__ = ["FIXES", "Change", "MendableLayer", "mend_layer"]
