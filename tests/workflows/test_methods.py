"""What a report says about its methods: every setting that decides a number, in both languages."""

from onemap.config import Project
from onemap.workflows.methods import methods_of


def a_project(**parts) -> Project:
    about = {"name": "示范县", "date": "2026-01-01"}
    return Project.model_validate({"project": about, "source": [{"layer": "towers", "path": "t.csv"}], **parts})


def test_settings_stand_in_both_languages():
    project = a_project(
        coverage={
            "model": "line of sight",
            "technologies": ["4G"],
            "range_m": {"4G": 7000},
            "clearance_margin_m": 2,
        },
        elevation={"path": "folder/dem.tif"},
        delivery={},
    )
    methods = methods_of(project, [])
    english = dict(method["en"] for method in methods)
    assert english["Model of coverage"] == "line of sight"
    assert english["Farthest that a cell serves (assumption)"] == "4G 7,000 m"
    assert english["Clearance that decides nothing"] == "± 2 m"
    assert english["Elevation model"] == "dem.tif"
    assert dict(method["zh"] for method in methods)["可共址的站间距离"] == "居民地内 500 m，居民地外 3,000 m"


def test_field_strength_states_what_it_assumes():
    coverage = {"compare": ["itm"], "technologies": ["4G"], "rsrp_min_dbm": {"4G": -112}, "delta_n": 39}
    methods = methods_of(a_project(coverage=coverage, elevation={"path": "dem.tif"}), [])
    english = dict(method["en"] for method in methods)
    assert english["Model of coverage"] == "ITU-R P.1812"
    assert english["Models that are compared with it"] == "Longley-Rice (ITM)"
    assert english["Power that service needs (assumption)"] == "4G -112 dBm"
    assert english["Refractivity of the air"] == "ΔN 39, N0 from a coarse table"
    assert "open land" in english["What stands on the ground"]
    assert "Farthest that a cell serves (assumption)" not in english


def test_operations_state_their_accuracy_or_that_none_is_published():
    operation = {"file": "../a/t.csv", "source_layer": "", "from": "GCJ-02", "to": "EPSG:4490", "accuracy_m": None}
    known = {**operation, "from": "EPSG:2349", "accuracy_m": 0.3, "source_layer": "roads"}
    last = methods_of(a_project(coverage={"model": "radius"}), [operation, known])[-2:]
    assert last[0]["en"] == ("t.csv", "GCJ-02 → EPSG:4490, accuracy not published")
    assert last[1]["zh"] == ("t.csv · roads", "EPSG:2349 → EPSG:4490，精度 0.3 m")


def test_control_points_state_their_residuals():
    control = {
        "method": "4-parameter", "points": 5, "rms_m": 0.012, "worst_point": "P3", "worst_residual_m": 0.02,
        "max_residual_m": 0.1,
    }  # fmt: skip
    operation = {"file": "t.csv", "source_layer": "", "from": "EPSG:2370", "to": "EPSG:4490", "accuracy_m": 0.012}
    last = methods_of(a_project(coverage={"model": "radius"}), [{**operation, "control_points": control}])[-1]
    assert last["en"] == (
        "Control points of t.csv",
        "4-parameter, 5 points, root mean square of the residuals 0.012 m, worst P3 0.02 m (limit 0.1 m)",
    )
    assert last["zh"][1] == "四参数，5 点，残差均方根 0.012 m，最大残差 P3 0.02 m（限差 0.1 m）"


def test_radius_says_nothing_of_rays():
    names = [method["en"][0] for method in methods_of(a_project(coverage={"model": "radius"}), [])]
    assert not any("earth radius" in name for name in names)


def test_lists_state_what_they_are_judged_by_where_the_project_has_their_layers():
    layers = ("towers", "cables", "demands", "works", "finished_places")
    source = [{"layer": layer, "path": "t.gpkg", "source_layer": layer} for layer in layers]
    about = {"name": "示范县", "date": "2026-01-01"}
    project = Project.model_validate({"project": about, "source": source, "coverage": {"model": "radius"}})
    english = dict(method["en"] for method in methods_of(project, []))
    assert english["Universal service"] == "places without 4G; settlements of 20 households or more"
    assert english["Pole routes side by side (assumption)"] == "within 20 m and 30° for at least 100 m"
    assert english["Acceptance of finished places (assumption)"].startswith("at least 3% of every county, seed 0")
    assert "3,000 m" in english["How far what is shared may lie from a demand (assumption)"]
    plain = dict(method["en"] for method in methods_of(a_project(coverage={"model": "radius"}), []))
    assert "Pole routes side by side (assumption)" not in plain
