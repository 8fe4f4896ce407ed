"""Losses from a mast to all cells round it, along rays that share what they know of the ground."""

from onemap.radio.sweep.area import Air, Ground, Mast, Window, sweep_losses, sweep_paths

__all__ = ["Air", "Ground", "Mast", "Window", "sweep_losses", "sweep_paths"]
