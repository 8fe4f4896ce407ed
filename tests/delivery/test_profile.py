"""Profiles are read from TOML; a wrong key is named."""

from __future__ import annotations

import re

import pytest

from onemap.delivery.code_lists import load_code_list
from onemap.delivery.profile import Profile, load_profile, profile_names
from onemap.delivery.profile_keys import name_pattern
from onemap.errors import ProjectError
from onemap.layers.catalogue import catalogue

MINIMAL = """
name = "p"
[[field]]
name = "MC"
alias = "名称"
length = 20
[[layer]]
code = "A"
alias = "甲"
geometry = "Point"
number = 1
from = ["towers"]
"""


CODED = '[[field]]\nname = "YSDM"\nalias = "x"\nlength = 10\n[[layer]]\nysdm = "12"'
TWICE = """from = ["towers"]
[[layer]]
code = "B"
alias = "乙"
geometry = "Point"
number = 2
ysdm = "1000000001"
"""


def write(tmp_path, text):
    path = tmp_path / "p.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", profile_names())
def test_profiles_of_the_package_are_sound(name):
    profile = load_profile(name)
    assert profile.name == name
    assert profile.layers


def test_profile_is_the_published_one(shared):
    for ours, theirs in (
        ("profiles/telecom-special-plan.toml", "profile.toml"),
        ("../layers/land_use_2023.csv", "landuse_2023.csv"),
    ):
        from importlib.resources import files

        assert (files("onemap.delivery") / ours).read_bytes() == (shared / "standards" / theirs).read_bytes()


def test_fields_of_a_layer_stand_in_order():
    profile = load_profile("telecom-special-plan")
    area = [one.name for one in profile.fields_of(profile.layer("SZGYSSM"))]
    assert area == ["BSM", "YSDM", "XZQDM", "XZQMC", "MC", "LX", "YDYHFLDM", "MJ", "BZ"]
    point = [one.name for one in profile.fields_of(profile.layer("SZGYSSD"))]
    assert point == ["BSM", "YSDM", "XZQDM", "XZQMC", "MC", "LX", "BZ"]


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ("code,name_zh\n1,塔\n1,杆\n".encode(), "one name, got 1 with 塔, 杆"),
        (b"code,name_zh\n1,\xff\xff\n", "UTF-8 or GB18030"),
        (b"kind\n1\n", "code"),
    ],
)
def test_wrong_code_lists_are_named(tmp_path, content, match):
    (tmp_path / "own.csv").write_bytes(content)
    with pytest.raises(ProjectError, match=match):
        load_code_list("own", folder=tmp_path)


def test_a_code_list_saved_by_a_spreadsheet_is_read(tmp_path):
    (tmp_path / "own.csv").write_bytes("code,name_zh\r\n0001,塔\r\n0001,塔\r\n".encode("gb18030"))
    assert load_code_list("own", folder=tmp_path).codes == {"0001": "塔"}


def test_own_profile_and_code_list(tmp_path):
    text = MINIMAL + '[[field]]\nname = "LX"\nalias = "类型"\nlength = 4\ncode_list = "own"\n'
    (tmp_path / "own.csv").write_text("code,name_zh,layer,field,value\n0001,塔,towers,,\n", encoding="utf-8")
    profile = load_profile(write(tmp_path, text))
    assert profile.code_lists["own"].codes == {"0001": "塔"}
    assert not profile.code_lists["own"].example


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('number = 1\n', 'number = 1\ncolour = "red"\n', r"layer\[0\].colour: Extra inputs"),
        ('geometry = "Point"', 'geometry = "Dot"', r"layer\[0\].geometry"),
        ('from = ["towers"]', 'from = ["masts"]', "canonical layers, got 'masts'"),
        ('from = ["towers"]', 'from = []', r"layer\[0\].from"),
        ('from = ["towers"]', 'from = ["towers"]\nwhere = "colour == 1"', "fields of its layers, got colour"),
        ('from = ["towers"]', 'from = ["towers"]\nwhere = "exec(1) == 1"', "compare fields with literals"),
        ('code = "A"', 'code = "../A"', "code must start with a letter"),
        ('name = "MC"', 'name = "M C"', "name must start with a letter"),
        ('name = "MC"', 'name = "COLOUR"', "field COLOUR needs one of fill, from_fields and expression"),
        ('length = 20', 'length = 0', r"field\[0\].length"),
        ('length = 20', 'length = 20\ndecimals = 2', "decimals of field MC"),
        ('name = "p"', 'name = "p"\n[crs]\ndelivered_in = "EPSG:1"', "coordinate system must be"),
        ('name = "p"', 'name = "p"\n[bsm]\npattern = "{county.__class__}"', "bsm.pattern"),
        ('name = "p"', 'name = "p"\n[bsm]\npattern = "{county!r}"', "bsm.pattern"),
        ('name = "p"', 'name = "p"\n[bsm]\npattern = "{layer:9999999999d}"', "bsm.pattern"),
        ('name = "p"', 'name = "p"\n[delivery]\nvector = "../{name}.gdb"', "may hold no folder"),
        ('name = "p"', 'name = "p"\n[districts]\ncode_level = 7', "districts.code_level"),
        ('alias = "名称"', 'alias = "名称"\ncode_list = "none"', "code list none"),
        ('alias = "名称"', 'alias = "名称"\ncode_list = "../profile"', "code_list of field MC .*without a folder"),
        ('length = 20', 'length = 20\nfrom_fields = ["nmae"]', "from_fields of field MC .*got 'nmae'"),
        ('name = "p"', 'name = "p"\n[crs]\ndelivered_in = "EPSG:4490"\nvertical = "EPSG:4490"', "system of heights"),
        ('name = "p"', 'name = "p"\n[delivery]\nvector = ""', "delivery.vector"),
        ('name = "p"', 'name = "p"\n[delivery]\nmetadata = "trace.csv"', "delivery: .*a name of its own, got 'trace.csv'"),
        ('name = "p"', 'name = "p"\n[delivery]\nnote = "a.docx"\nreport = "a.docx"', "got 'a.docx' again"),
        ('[[layer]]', '[[field]]\nname = "mc"\nalias = "x"\nlength = 3\nfill = "id"\n[[layer]]', "got 'mc' again"),
        ('name = "MC"', 'name = "BSM"', "must give 20 characters"),
        ('name = "p"', 'name = "p"\n[bsm]\npattern = "{county}"', "bsm.pattern: .*must hold {sequence} once"),
        ('length = 20', 'length = 20\nfill = "id"\nexpression = "name"', "needs one of fill, from_fields and expression"),
        ('length = 20', 'length = 20\nexpression = "name.upper()"', "must be made of fields, literals"),
        ('length = 20', 'length = 20\nexpression = "upper(colour)"', "must use fields of its layers, got colour"),
        ('length = 20', 'length = 20\nlayers = ["B"]', "layers of field MC must be codes of layers, got 'B'"),
        ('number = 1', 'number = 1\nvalues = {XX = "name"}', "values of layer A must be of its fields, got 'XX'"),
        ('number = 1', 'number = 1\nvalues = {MC = "left(name)"}', "must be made of fields, literals"),
        ('number = 1', 'number = 1\nvalues = {MC = "colour"}', "must use fields of its layers, got colour"),
        ('name = "p"', 'name = "p"\nskip = ["OM-XXX-999"]', "skip.*id of a rule or how ids begin.*got 'OM-XXX-999'"),
        ('[[layer]]', CODED, "ysdm must have the 10 characters of field YSDM, got '12'"),
        ('number = 1', 'number = 1\nysdm = "1000000001"\n' + TWICE, "ysdm of a layer .*got '1000000001' again"),
        ('name = "p"', 'name = ', "must be TOML"),
    ],
)  # fmt: skip
def test_wrong_keys_are_named(tmp_path, old, new, match):
    with pytest.raises(ProjectError, match=match) as caught:
        load_profile(write(tmp_path, MINIMAL.replace(old, new, 1)))
    assert "\n" not in str(caught.value) or "TOML" in str(caught.value)


def test_missing_profile_names_those_there_are():
    with pytest.raises(ProjectError, match="county-master-plan, generic, telecom-special-plan, village-plan"):
        load_profile("provincial")


def test_names_without_a_code_are_those_that_a_check_wants():
    names = load_profile("generic").delivery
    assert name_pattern(names.vector).fullmatch(names.vector_name("", "Andorra"))


def test_a_profile_in_english_has_english_names():
    profile = load_profile("generic").in_language("en")
    assert profile.field_filled_by("name").alias == "name"
    assert not [one.alias for one in (*profile.fields, *profile.layers) if re.search("[一-鿿]", one.alias)]
    assert load_profile("generic").in_language("zh").field_filled_by("name").alias == "名称"


def test_codes_are_unique_and_fit_their_field():
    for profile in map(load_profile, profile_names()):
        for field in profile.fields:
            if field.code_list:
                codes = profile.code_lists[field.code_list].codes
                assert all(len(code) <= field.length for code in codes)


def test_example_list_knows_only_what_the_catalogue_has():
    codes = load_code_list("facility_kind")
    assert codes.example
    for layer, field, value in codes.assigned:
        assert not field or value in catalogue()[layer].field(field).values


def test_names_of_files_are_safe():
    names = load_profile("telecom-special-plan").delivery
    assert names.vector_name("659900", "示范县") == "659900示范县通信基础设施专项规划矢量数据.gdb"
    assert names.tables_name("659900", "../../x") == "659900______x通信基础设施专项规划表格.xlsx"


def test_profile_cannot_be_changed():
    profile = load_profile("generic")
    with pytest.raises(ValueError, match="frozen"):
        profile.name = "x"
    assert isinstance(profile, Profile)
