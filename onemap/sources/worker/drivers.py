"""Which format drivers GDAL may load in the worker: those that onemap reads, and no others.

GDAL reads its skip lists once, when it is loaded, so they must stand in the environment before. They name every driver
known today; one that a newer GDAL brings is found after loading, and the worker starts itself again without it.
"""

from __future__ import annotations

import os
import sys

__all__ = ["ALLOWED", "environment", "restart_if_more"]

ALLOWED = frozenset({"ESRI Shapefile", "GPKG", "OpenFileGDB", "GeoJSON"})
_AGAIN = "ONEMAP_WORKER_AGAIN"

_VECTOR = (
    "ADBC,AIVector,AVCBin,AVCE00,AmigoCloud,Arrow,CAD,CSV,CSW,Carto,DGN,DXF,EDIGEO,EEDA,ESRIJSON,Elasticsearch,FileGDB,"
    "FlatGeobuf,GDALG,GML,GMLAS,GPSBabel,GPX,GTFS,GeoJSONSeq,GeoRSS,HANA,HTTP,Idrisi,Interlis 1,Interlis 2,JML,JSONFG,"
    "KML,LIBKML,LVBAG,"
    "MBTiles,MEM,MSSQLSpatial,MVT,MapInfo File,MapML,Memory,MiraMonVector,MongoDBv3,MySQL,NAS,NGW,OAPIF,OCI,"
    "ODBC,ODS,OGCAPI,OGR_GMT,OGR_PDS,OGR_SDTS,OGR_VRT,OSM,PCIDSK,PDF,PDS4,PGDUMP,PGeo,PLSCENES,PMTiles,Parquet,"
    "PostgreSQL,S57,SOSI,SQLite,SVG,SXF,Selafin,TIGER,TopoJSON,UK .NTF,VDV,VFK,VICAR,WAsP,WFS,XLS,XLSX,XODR,netCDF"
)
_RASTER = (
    "VRT,DERIVED,GTI,GDALG,WMS,WCS,WMTS,HTTP,OGCAPI,PLMOSAIC,PLSCENES,EEDA,EEDAI,DAAS,STACIT,STACTA,NGW,MRF,Zarr,PDF,"
    "JP2OpenJPEG,KMLSUPEROVERLAY,PostGISRaster,GeoRaster,Rasterlite,MBTiles,ESRIC,TileDB,MSGN,netCDF,HDF5,HDF5Image"
)


def environment() -> dict[str, str]:
    """Give the whole environment of the worker: nothing is inherited that could lead GDAL elsewhere."""
    return {
        "OGR_SKIP": _VECTOR,
        "GDAL_SKIP": _RASTER,
        "GDAL_HTTP_PROXY": "127.0.0.1:9",
        "GDAL_HTTP_TIMEOUT": "1",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
        "GDAL_DRIVER_PATH": "disable",
        "GDAL_ENABLE_WMS_CACHE": "NO",
        "GDAL_CACHEMAX": "64",
        "PROJ_NETWORK": "OFF",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "OGR_GEOJSON_MAX_OBJ_SIZE": "500",
        "PYTHONUTF8": "1",
    }


def restart_if_more(loaded: set[str]) -> None:
    """Start this process again without the drivers that are loaded and not allowed, if there are any."""
    more = loaded - ALLOWED
    if more and _AGAIN not in os.environ:
        os.environ["OGR_SKIP"] += "," + ",".join(sorted(more))
        os.environ[_AGAIN] = "1"
        os.execv(sys.executable, [sys.executable, "-P", "-m", "onemap.sources.worker"])  # noqa: S606
