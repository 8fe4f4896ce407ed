"""Run by the system's own Python: open each layer in QGIS without a screen, and tell as JSON what QGIS sees."""

import json
import os
import sys

os.environ["QT_QPA_PLATFORM"] = "offscreen"
from qgis.core import QgsApplication, QgsVectorLayer


def seen(uri: str) -> dict[str, object]:
    layer = QgsVectorLayer(uri, "layer", "ogr")
    if not layer.isValid():
        return {"valid": False}
    fields = layer.fields()
    return {
        "valid": True,
        "count": layer.featureCount(),
        "crs": layer.crs().authid(),
        "names": [field.name() for field in fields],
        "aliases": {field.name(): layer.attributeAlias(at) for at, field in enumerate(fields)},
        "widths": {field.name(): field.length() for field in fields},
        "rows": [[str(value) for value in feature.attributes()] for feature in layer.getFeatures()],
        "wkb": sorted({feature.geometry().wkbType() % 1000 for feature in layer.getFeatures()}),
        "color": layer.renderer().symbol().color().name()
        if layer.renderer() and layer.renderer().type() == "singleSymbol"
        else "",
    }


application = QgsApplication([], False)
application.initQgis()
uris = json.load(sys.stdin)
sys.stdout.write("QGIS-SEES " + json.dumps({uri: seen(uri) for uri in uris}) + "\n")
sys.stdout.flush()
os._exit(0)  # some versions fall over their own destructors
