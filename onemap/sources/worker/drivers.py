"""Which format drivers GDAL may load in the worker: those that onemap reads, and no others.

GDAL reads its skip lists once, when it is loaded, so they must stand in the environment before. They name every driver
known today; one that a newer GDAL brings is found after loading, and the worker starts itself again without it.
"""

from __future__ import annotations

import os
import sys

__all__ = ["ALLOWED", "environment", "restart_if_more", "take_paths_literally"]

ALLOWED = frozenset(
    {"ESRI Shapefile", "GPKG", "OpenFileGDB", "GeoJSON", "DXF", "MapInfo File", "GML", "FlatGeobuf", "GPX"}
)
_AGAIN = "ONEMAP_WORKER_AGAIN"

_VECTOR = (
    "ADBC,AIVector,AVCBin,AVCE00,AmigoCloud,Arrow,CAD,CSV,CSW,Carto,DGN,EDIGEO,EEDA,ESRIJSON,Elasticsearch,FileGDB,"
    "GDALG,GMLAS,GPSBabel,GTFS,GeoJSONSeq,GeoRSS,HANA,HTTP,Idrisi,Interlis 1,Interlis 2,JML,JSONFG,"
    "KML,LIBKML,LVBAG,"
    "MBTiles,MEM,MSSQLSpatial,MVT,MapML,Memory,MiraMonVector,MongoDBv3,MySQL,NAS,NGW,OAPIF,OCI,"
    "ODBC,ODS,OGCAPI,OGR_GMT,OGR_PDS,OGR_SDTS,OGR_VRT,OSM,PCIDSK,PDF,PDS4,PGDUMP,PGeo,PLSCENES,PMTiles,Parquet,"
    "PostgreSQL,S57,SOSI,SQLite,SVG,SXF,Selafin,TIGER,TopoJSON,UK .NTF,VDV,VFK,VICAR,WAsP,WFS,XLS,XLSX,XODR,netCDF"
)
_RASTER = (
    "AAIGrid,ACE2,ADRG,AIG,AirSAR,BAG,BIGGIF,BLX,BMP,BSB,BT,BYN,CALS,CEOS,COASP,COG,COSAR,CPG,"
    "CTG,CTable2,DAAS,DERIVED,DIMAP,DIPEx,DOQ1,DOQ2,DTED,ECRGTOC,EEDA,EEDAI,EHdr,EIR,ELAS,ENVI,"
    "ERS,ESAT,ESRIC,FAST,FIT,GDALG,GFF,GIF,GNMDatabase,GNMFile,GRASSASCIIGrid,GRIB,GS7BG,GSAG,GSBG,"
    "GSC,GTI,GTX,GXF,GenBin,GeoRaster,HDF5,HDF5Image,HF2,HFA,HTTP,ILWIS,IRIS,ISCE,ISG,ISIS2,"
    "ISIS3,JAXAPALSAR,JDEM,JP2OpenJPEG,JPEG,JPEGXL,KMLSUPEROVERLAY,KRO,L1B,LAN,LCP,LOSLAS,Leveller,"
    "LIBERTIFF,MAP,MBTiles,MFF,MFF2,MRF,MSGN,NDF,NGSGEOID,NGW,NITF,NOAA_B,NSIDCbin,NTv2,NWT_GRC,"
    "NWT_GRD,OGCAPI,OZI,PAux,PCIDSK,PCRaster,PDF,PDS,PDS4,PLMOSAIC,PLSCENES,PNG,PNM,PRF,"
    "PostGISRaster,R,RCM,RIK,RMF,ROI_PAC,RPFTOC,RRASTER,RS2,RST,Rasterlite,S102,S104,S111,SAFE,"
    "SAGA,SAR_CEOS,SDTS,SENTINEL2,SGI,SIGDEM,SNAP_TIFF,SNODAS,SRP,SRTMHGT,STACIT,STACTA,TGA,TIL,"
    "TSX,Terragen,TileDB,USGSDEM,VICAR,VRT,WCS,WEBP,WMS,WMTS,XPM,XYZ,ZMap,Zarr,netCDF"
)
_CLOSED = {
    # no driver may look elsewhere, even where a file asks for it
    "OGR_SQLITE_ALLOW_EXTERNAL_ACCESS": "NO",
    "OGR_SQLITE_DIALECT_ALLOW_CREATE_VIRTUAL_TABLE": "NO",
    "GDAL_ALLOW_REMOTE_RESOURCE_TO_ACCESS_LOCAL_FILE": "NO",
    "CPL_ENABLE_PATH_TRAVERSAL_DETECTION": "YES",
    "CPL_ALLOW_VSISTDIN": "NO",
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "GDAL_VRT_ENABLE_RAWRASTERBAND": "NO",
    "GDAL_MEM_ENABLE_OPEN": "NO",
    "GML_DOWNLOAD_SCHEMA": "NO",
    "GML_DOWNLOAD_WFS_SCHEMA": "NO",
    "GML_USE_SCHEMA_IMPORT": "NO",
    "GML_SKIP_RESOLVE_ELEMS": "ALL",
    "GML_PARSER": "EXPAT",
    # no network
    "GDAL_HTTP_PROXY": "127.0.0.1:9",
    "GDAL_HTTP_TIMEOUT": "1",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "GDAL_ENABLE_WMS_CACHE": "NO",
    "PROJ_NETWORK": "OFF",
    # no code from elsewhere
    "GDAL_DRIVER_PATH": "disable",
    "GDAL_PYTHON_DRIVER_PATH": "disable",
}


def environment() -> dict[str, str]:
    """Give the whole environment of the worker: nothing is inherited that could lead GDAL elsewhere."""
    return {
        **_CLOSED,
        "OGR_SKIP": _VECTOR,
        "GDAL_SKIP": _RASTER,
        "GDAL_CACHEMAX": "64",
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


def take_paths_literally() -> None:
    """Have pyogrio open a path as it stands: it takes "!" in a name for the way into an archive, ";" for an end.

    A folder called "a!" could so have any other file read in place of its own.
    """
    import pyogrio.util

    pyogrio.util.vsi_path = str
    if pyogrio.util.get_vsi_path_or_buffer("/a!/b;c.zip!d.shp") != "/a!/b;c.zip!d.shp":
        msg = "this version of pyogrio reads more into a path than its name"
        raise RuntimeError(msg)
