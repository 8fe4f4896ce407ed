"""A profile of one's own, to be edited: the text of another with its comments, and the code lists beside it."""

from __future__ import annotations

import re
from pathlib import Path

from onemap.delivery.profile import load_profile, profile_names, profile_text
from onemap.errors import ProjectError
from onemap.workflows.file_staging import staged_file

__all__ = ["write_own_profile"]

_NAME = re.compile(r'(?m)^name = "[^"\n]*"')


def write_own_profile(path: Path, source: str) -> list[Path]:
    """Write a profile to edit.

    Code lists of the package stay there, so that a delivery says which of them are examples.

    Parameters
    ----------
    path
        File ending in .toml; its name becomes that of the profile.
    source
        Profile to start from: a name or a file.

    Returns
    -------
    written
        The profile, then the code lists that stood beside the source.

    Raises
    ------
    ProjectError
        If the ending is another, something stands there already, or the source is wrong.
    WriteError
        If a file cannot be written.
    """
    given = Path(source) if source.endswith(".toml") else source
    profile, text = load_profile(given), profile_text(given)
    if path.suffix.lower() != ".toml" or path.stem in profile_names():
        raise ProjectError("profile_new_name", path=str(path))
    beside = Path(source).parent if isinstance(given, Path) else None
    lists = dict.fromkeys([*(one.code_list for one in profile.fields), profile.districts.code_list])
    own = [] if beside is None else [beside / f"{name}.csv" for name in lists if (beside / f"{name}.csv").is_file()]
    contents = {path: _NAME.sub(f'name = "{_plain(path.stem)}"', text, count=1)}
    contents |= {path.with_name(file.name): file.read_text(encoding="utf-8-sig") for file in own}
    for target in contents:
        if target.exists():
            raise ProjectError("profile_new_exists", path=str(target))
    for target, content in contents.items():
        with staged_file(target) as staged:
            staged.write_text(content, encoding="utf-8")
    return list(contents)


def _plain(name: str) -> str:
    """Give a name without what ends a text in TOML."""
    return re.sub(r'["\\\x00-\x1f]', "_", name)
