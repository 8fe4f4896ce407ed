"""Writers of the formats of a delivery: `gdb`, `gpkg` and `shapefile`, each with the same function `write`."""
