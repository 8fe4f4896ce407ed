"""Layers in, a layer out: coverage, gaps and sharing.

Every analysis takes canonical layers in one geographic CRS, leaves them as they are and gives result layers of the
catalogue. Distances are geodesic.
"""
