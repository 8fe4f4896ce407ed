"""Put each of a list of questions to onemap in one process, and print what came of it.

Words: the file of the questions, "plain" or "geopandas" (which is then imported and used first), and the folder of the
outputs. A question is [name, ask, path].
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from pathlib import Path


def main() -> None:
    """Ask, and print a JSON object: name → answers."""
    questions = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    if sys.argv[2] == "geopandas":
        _use_geopandas()
    out = Path(sys.argv[3])
    answers = {}
    for name, ask, path in questions:
        answers[name] = {
            "command": _command(ask, path, out / name),
            "python": _python(path) if ask == "inspect" else None,
        }
    everything = str(Path(sys.argv[1]).parent / "in")
    for ask in ("init", "check", "inspect") if sys.argv[2] == "plain" else ():
        answers[f"{ask} everything"] = _command(ask, everything, out / ask)
    sys.stdout.write(json.dumps(answers))


def _use_geopandas() -> None:
    """Load the libraries that open anything, with all their drivers, as a notebook does."""
    import fiona
    import geopandas
    import pyogrio
    import rasterio
    import shapely

    geopandas.GeoSeries([shapely.Point(0, 0)], crs=4490).to_crs(4326)
    assert len(pyogrio.list_drivers()) > 50
    assert fiona.supported_drivers
    with rasterio.Env() as environment:
        assert len(environment.drivers()) > 50


def _command(ask: str, path: str, out: Path) -> dict[str, object]:
    """Run the command line; give its exit code and the rules it named."""
    from onemap.cli.app import run

    words = {"run": ["run", path, "--only", "layers", "--out", str(out)], "folder": ["inspect", path]}.get(
        ask, [ask, path]
    )
    printed, said = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(said):
        code = run([*words, "--json", "--lang", "en"])
    return {"code": code, "said": printed.getvalue() + said.getvalue()}


def _python(path: str) -> dict[str, object]:
    """Read as a notebook does; give the rule of the error, or of the findings."""
    from onemap import read_file
    from onemap.errors import OnemapError
    from onemap.sources import read_raster

    read = read_raster if path.endswith(".tif") else read_file
    try:
        answer = read(path)
    except OnemapError as error:
        return {"code": error.exit_code, "rules": [error.rule], "text": str(error)}
    return {"code": 0, "rules": [finding.rule for finding in answer.findings], "text": ""}


if __name__ == "__main__":
    main()
