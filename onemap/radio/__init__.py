"""Physics of radio, on arrays: losses of paths, antennas, link budgets, carriers.

Nothing is imported here, so that a module that needs no compiled kernel loads without numba.
"""
