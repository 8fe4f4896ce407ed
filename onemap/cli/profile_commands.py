"""Commands on delivery profiles, and on two deliveries of one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onemap.cli.options import AsJson, Lang, day_of
from onemap.cli.output import talk

if TYPE_CHECKING:
    from onemap.delivery.profile import Profile

__all__ = ["register"]

FIELD_TITLES = tuple(f"profile_{name}" for name in ("field", "alias", "type", "required", "source", "layers"))
LAYER_TITLES = tuple(f"profile_{name}" for name in ("layer", "alias", "geometry", "presence", "feature_code", "from"))
COUNT_TITLES = ("profile_layer", "changes_added", "changes_changed", "changes_removed")
Named = Annotated[str, typer.Argument(metavar="[PROFILE]", help="Name of a profile, or its file; all names if absent.")]
Given = Annotated[str, typer.Argument(metavar="PROFILE", help="Name of a profile, or its file.")]
NewFile = Annotated[Path, typer.Argument(metavar="FILE", help="File (.toml) to make; one that exists is not replaced.")]
Source = Annotated[str, typer.Option("--from", help="Profile to start from: a name or a file.")]
Old = Annotated[Path, typer.Argument(metavar="OLD", help="Delivery before: geodatabase, GeoPackage, VCT or folder.")]
New = Annotated[Path, typer.Argument(metavar="NEW", help="Delivery after, of the same profile.")]
Out = Annotated[Path, typer.Option("--out", help="Output folder.")]
ProfileName = Annotated[str, typer.Option("--profile", help=r"Profile with a table \[changes]: a name or a file.")]
Day = Annotated[str, typer.Option("--date", help="Date of the changes, YYYY-MM-DD; SOURCE_DATE_EPOCH or today.")]
Code = Annotated[str, typer.Option("--code", help="Six digits of the county; those that identifiers begin with.")]
Name = Annotated[str, typer.Option("--name", help="Name of the county, for the names of files.")]
Formats = Annotated[
    list[str] | None, typer.Option("--format", help="gdb gpkg shp geojson vct kmz dxf xlsx; repeatable.")
]
Values = Annotated[
    list[str] | None, typer.Option("--value", help="Value of a field for all changes, FIELD=VALUE; repeatable.")
]

profiles = typer.Typer(no_args_is_help=True, help="Delivery profiles: what a receiving system wants.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the command line.

    Parameters
    ----------
    app
        The command line.
    """
    app.command("changes", rich_help_panel="Files")(changes)
    for command in (show, check, new):
        profiles.command(command.__name__)(command)
    app.add_typer(profiles, name="profile", rich_help_panel="Files")


def show(profile: Named = "", as_json: AsJson = False, lang: Lang = "") -> None:
    """Layers, fields and names of a profile, as they are after reading; without a name, which profiles there are.

    Example: onemap profile show village-plan
    """
    from onemap.delivery.profile import load_profile, profile_names

    talking = talk(lang, as_json=as_json)
    if not profile:
        known = {name: load_profile(name) for name in profile_names()}
        talking.table(
            ("profile_name", "profile_title"), [[name, _title(one, talking.lang)] for name, one in known.items()]
        )
        talking.result({"profiles": {name: _title(one, talking.lang) for name, one in known.items()}})
        return
    found = _loaded(profile)
    talking.line(f"{found.name}  {_title(found, talking.lang)}")
    talking.table(LAYER_TITLES, _layer_rows(found, talking.lang))
    talking.table(FIELD_TITLES, _field_rows(found, talking.lang))
    talking.say("profile_vector", name=found.delivery.vector)
    talking.result(found.model_dump(mode="json", by_alias=True))


def check(profile: Given, as_json: AsJson = False, lang: Lang = "") -> None:
    """Read a profile as a delivery would, and name what nobody has given yet; ends with 2 if a key is wrong.

    Example: onemap profile check our-province.toml
    """
    talking = talk(lang, as_json=as_json)
    found = _loaded(profile)
    open_points = _open_points(found)
    talking.say("profile_sound", profile=found.name, layers=len(found.layers), fields=len(found.fields))
    for text_id, values in open_points:
        talking.say(text_id, **values)
    told = [
        {"text_en": _say(text_id, "en", values), "text_zh": _say(text_id, "zh", values)}
        for text_id, values in open_points
    ]
    talking.result({"profile": found.name, "layers": len(found.layers), "fields": len(found.fields), "open": told})


def new(file: NewFile, source: Source = "telecom-special-plan", as_json: AsJson = False, lang: Lang = "") -> None:
    """Write a profile to edit: another one's text with its comments, under the name of the file.

    Example: onemap profile new our-province.toml --from telecom-special-plan
    """
    from onemap.workflows.own_profile import write_own_profile

    talking = talk(lang, as_json=as_json)
    written = write_own_profile(file, source)
    for path in written:
        talking.say("profile_written", path=path)
    talking.result({"written": [str(path) for path in written]})


def changes(
    old: Old,
    new: New,
    out: Out,
    profile: ProfileName = "annual-maintenance",
    date: Day = "",
    code: Code = "",
    name: Name = "",
    formats: Formats = None,
    value: Values = None,
    as_json: AsJson = False,
    lang: Lang = "",
) -> None:
    """What changed between two deliveries, as layers before, of change and after (WHQ, WHC, WHH).

    Example: onemap changes 2025/delivery 2026/delivery --out 2026-changes --name 示范县
    """
    from onemap.workflows.maintenance import maintain
    from onemap.workflows.staging import recover

    talking = talk(lang, as_json=as_json)
    recover(out)
    with talking.progress() as progress:
        made = maintain(
            old,
            new,
            out,
            date=day_of(date),
            profile=profile,
            code=code,
            name=name,
            formats=tuple(formats or ("gdb",)),
            values=_values(value or ()),
            progress=progress,
        )
    talking.findings(made.findings)
    rows = [
        [layer, *(str(one[kind]) for kind in ("added", "changed", "removed"))] for layer, one in made.counts.items()
    ]
    talking.table(COUNT_TITLES, rows)
    if made.folder is None:
        talking.say("changes_not_made")
    else:
        talking.say("cli_written", path=made.folder)
    talking.result(made.as_dict())
    if made.errors:
        raise typer.Exit(1)


def _values(given: list[str] | tuple[str, ...]) -> dict[str, str]:
    """Read FIELD=VALUE."""
    from onemap.errors import ProjectError

    values = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name.strip():
            raise ProjectError("changes_value_form", value=one)
        values[name.strip()] = value.strip()
    return values


def _loaded(profile: str) -> Profile:
    """Load a profile by name or file."""
    from onemap.delivery.profile import load_profile

    return load_profile(Path(profile) if profile.endswith(".toml") else profile)


def _title(profile: Profile, lang: str) -> str:
    """Give the title of a profile."""
    return profile.title(lang)


def _layer_rows(profile: Profile, lang: str) -> list[list[str]]:
    """Give one row a layer."""
    return [
        [
            one.code,
            one.alias if lang == "zh" else one.alias_en or one.alias,
            one.geometry,
            one.presence,
            f"{one.ysdm} ?" if one.ysdm_placeholder else one.ysdm,
            ", ".join(one.sources) + (f" ({one.where})" if one.where else ""),
        ]
        for one in profile.layers
    ]


def _field_rows(profile: Profile, lang: str) -> list[list[str]]:
    """Give one row a field."""
    rows = []
    for one in profile.fields:
        width = f"{one.length},{one.decimals}" if one.decimals else str(one.length)
        rows.append(
            [
                one.name,
                one.alias if lang == "zh" else one.alias_en or one.alias,
                f"{one.type} {width}",
                "M" if one.required else "O",
                one.filled_by or one.expression or ", ".join(one.from_fields),
                ", ".join(one.layers or one.geometry) or "*",
            ]
        )
    return rows


def _open_points(profile: Profile) -> list[tuple[str, dict[str, str]]]:
    """Name what no source gives and a person must: feature codes, code lists."""
    points = [
        ("profile_open_code", {"layer": one.code, "code": one.ysdm}) for one in profile.layers if one.ysdm_placeholder
    ]
    lists = {one.code_list for one in profile.fields if one.code_list and profile.code_lists[one.code_list].example}
    return [*points, *(("profile_open_list", {"code_list": name}) for name in sorted(lists))]


def _say(text_id: str, lang: str, values: dict[str, str]) -> str:
    """Give a text."""
    from onemap import messages

    return messages.text(text_id, lang, **values)
