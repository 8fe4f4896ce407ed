"""Heights, on arrays: what lies between two points of the ground.

Nothing is imported here, so that `onemap.terrain.kernel_cache` can be asked for the folder of compiled kernels before
numba is loaded.
"""
