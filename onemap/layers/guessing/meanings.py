"""What a header may mean: fields of layers with a score, by spelling, cut, pinyin, its parts, or likeness."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from rapidfuzz import fuzz, process

from onemap.layers.catalogue import catalogue
from onemap.layers.guessing.headers import Header, parse_header
from onemap.layers.guessing.spellings import ANY_LAYER, CUT_BYTES, Place, cut_spellings, pinyin_spellings, spellings

__all__ = ["AXES", "Meaning", "meanings", "spoken_of"]

AXES = ("lon", "lat", "easting", "northing", "x_axis", "y_axis")
"""What a column of coordinates may be; X and Y are settled by the values."""

_EXACT, _WITHOUT_UNIT, _CUT, _PINYIN_WHOLE, _PARTS, _BARE = 1.0, 0.98, 0.92, 0.9, 0.8, 0.62
_OBJECT_ALONE, _UNKNOWN_OBJECT, _OTHER_OBJECT = 0.7, 0.58, 0.52
_GENERAL = 0.96
_REPEATED = 0.9
_INITIALS = {2: 0.56, 3: 0.7}
_INITIALS_LONG = 0.82
_LIKE_FROM = 72.0
_LIKE_FROM_LATIN = 84.0
_PART_OF_UNIT = re.compile(r"(平方|平|公|千|兆|单位|单|百)$")
_MUST_AGREE = "what is left"
_LAST_PART, _FIRST_PART = 0.94, 0.85
_GENERIC_OBJECT = re.compile(
    r"^(机构|单位|设施|点位|对象|要素|资源点?|设备|资产|中心|本?条?记录|feature|object|item|record|asset)?$"
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """One field that a header may mean.

    Attributes
    ----------
    score
        How surely, 0–1.
    how
        Id of the text that says why.
    spelling
        The spelling or part that it was known by.
    """

    score: float
    how: str
    spelling: str


@lru_cache(maxsize=4096)
def meanings(text: str) -> Mapping[Place, Meaning]:
    """Give all fields that a header may mean, layer by layer.

    Parameters
    ----------
    text
        Header as it stands in the source.

    Returns
    -------
    meanings
        (layer, field) → the best reason; the layer "*" for coordinates and for fields that any layer may have.

    Examples
    --------
    >>> found = meanings("塔桅净高(米)")["*", "height_agl_m"]
    >>> found.how, found.score > 0.5
    ('guess_parts', True)
    """
    found = _own_meanings(parse_header(text))
    parts = [part.strip() for part in re.split(r"[_\n]", text)] if not text.isascii() else []
    if len(parts) > 1:  # a header over two rows: what it is stands in the last one
        for part, factor in ((parts[-1], _LAST_PART), (parts[0], _FIRST_PART)):
            for place, meaning in _own_meanings(parse_header(part)).items():
                if place not in found or meaning.score * factor > found[place].score:
                    found[place] = Meaning(meaning.score * factor, meaning.how, meaning.spelling)
    return MappingProxyType(found)


def _own_meanings(header: Header) -> dict[Place, Meaning]:
    """Give what a header may mean as a whole."""
    found: dict[Place, Meaning] = {}
    for place, meaning in (*_exact(header), *_cut(header), *_pinyin(header), *_parts(header), *_alike(header)):
        score = meaning.score * (_REPEATED if header.repeat else 1.0)
        if place not in found or score > found[place].score:
            found[place] = Meaning(score, meaning.how, meaning.spelling)
    return found


def spoken_of(name: str) -> Mapping[str, float]:
    """Give the layers that the name of a file, folder or sheet speaks of, each with a weight up to 1.

    Examples
    --------
    >>> dict(spoken_of("规划站址.shp")), dict(spoken_of("mobile_cells"))
    ({'planned_sites': 1.0}, {'cells': 1.0})
    """
    header = parse_header(name)
    texts = (header.folded, _english(parse_header(re.sub(r"[^\x00-\x7f]+", " ", name))))
    spans = [
        (layer, (at, one.start(), one.end()))
        for layer, pattern in _patterns()["objects"].items()
        for at, text in enumerate(texts)
        for one in pattern.finditer(text)
    ]
    kept = {layer for layer, span in spans if not any(_holds(other, span) for name, other in spans if name != layer)}
    if not kept:
        kept = {layer for layer, one in _patterns()["pinyin"].items() for word in header.words if one.search(word)}
    return MappingProxyType({layer: 1.0 / len(kept) ** 0.5 for layer in sorted(kept)})


def _holds(outer: tuple[int, int, int], inner: tuple[int, int, int]) -> bool:
    """Tell whether a match lies inside a longer one of the same text."""
    longer = outer[2] - outer[1] > inner[2] - inner[1]
    return outer[0] == inner[0] and outer[1] <= inner[1] and inner[2] <= outer[2] and longer


def _exact(header: Header) -> Iterator[tuple[Place, Meaning]]:
    """Look the header up as it is, then without unit and decoration."""
    forms = {"".join(_english(header).split()): _WITHOUT_UNIT, header.core: _WITHOUT_UNIT, header.folded: _EXACT}
    for form, score in forms.items():
        for place in spellings().get(form, ()):
            yield place, Meaning(score if place[0] != ANY_LAYER else score * _GENERAL, "guess_spelling", form)


def _cut(header: Header) -> Iterator[tuple[Place, Meaning]]:
    """Take the header for a longer one that was cut at ten bytes, within its unit or its name."""
    size = max(len(header.text.encode(encoding, "ignore")) for encoding in ("utf-8", "gb18030"))
    shortest = min(len(header.text.encode(encoding, "ignore")) for encoding in ("utf-8", "gb18030"))
    if size < CUT_BYTES - 2 or shortest > CUT_BYTES or header.text.isascii():
        return
    for spelling, place in cut_spellings().get(header.folded, ()) or cut_spellings().get(header.core, ()):
        yield place, Meaning(_CUT, "guess_cut", spelling)
    yield from _completed(header.core)
    bare = _PART_OF_UNIT.sub("", header.core)
    if bare != header.core:
        for place in spellings().get(bare, ()):
            yield place, Meaning(_CUT, "guess_cut", bare)


def _completed(core: str) -> Iterator[tuple[Place, Meaning]]:
    """Give what a header may mean whose last word was cut: 公路技术等 was 公路技术等级."""
    for ending in _words()["endings"].split():
        left = next((size for size in range(len(ending) - 1, 0, -1) if core.endswith(ending[:size])), 0)
        if not left or len(core) <= left or any(core.endswith(other) for other in _words()["endings"].split()):
            continue
        whole = parse_header(core[:-left] + ending)
        for place, meaning in (*_exact(whole), *_parts(whole)):
            yield place, Meaning(meaning.score * _CUT, "guess_cut", whole.core)


def _pinyin(header: Header) -> Iterator[tuple[Place, Meaning]]:
    """Read Latin letters as pinyin, written out or its initials."""
    core = header.core
    if not (core.isascii() and core.isalpha()) or len(core) < 2:
        return
    for spelling, place, is_whole in pinyin_spellings().get(core, ()):
        score = _PINYIN_WHOLE if is_whole else _INITIALS.get(len(core), _INITIALS_LONG)
        yield place, Meaning(score, "guess_pinyin", spelling)


def _parts(header: Header) -> Iterator[tuple[Place, Meaning]]:
    """Know a header by its parts: what it speaks of, and which attribute it is."""
    texts = tuple(dict.fromkeys((header.core, _english(header))))
    for table, patterns in _patterns().items():
        if table in {"objects", "pinyin", "attributes"}:
            continue
        for field, pattern in patterns.items():
            found = next((one for text in texts if (one := pattern.search(text))), None)
            if found is not None:
                share = (found.end() - found.start()) / max(1, len(found.string))
                meaning = Meaning(_PARTS - 0.1 * (1 - min(1.0, share)), "guess_parts", found[0])
                yield (table if table != "ANY" else ANY_LAYER, field), meaning
    yield from _names_and_ids(header, texts)


def _names_and_ids(header: Header, texts: tuple[str, ...]) -> Iterator[tuple[Place, Meaning]]:
    """Know identifiers and names by what they identify or name."""
    for attribute, pattern in _patterns()["attributes"].items():
        found = next((one for text in texts[::-1] if (one := pattern.search(text))), None)
        rest = "" if found is None else found.string[: found.start()].strip()
        if found is None and attribute == "name":
            rest = header.core if any(map(_is_object, texts)) else ""
        if found is None and not rest:
            continue
        spoken = spoken_of(rest) if rest else {}
        for layer, schema in catalogue().items():
            field = schema.id_field if attribute == "id" else "name"
            if schema.result or field not in schema.fields:
                continue
            if layer in spoken:
                score = _PARTS * spoken[layer] ** 0.25 if found is not None else _OBJECT_ALONE
                yield (layer, field), Meaning(score, "guess_parts", header.core)
            elif found is not None:
                score = _BARE if _GENERIC_OBJECT.match(rest) else _OTHER_OBJECT if spoken else _UNKNOWN_OBJECT
                yield (layer, field), Meaning(score, "guess_bare", header.core)


def _is_object(words: str) -> bool:
    """Tell a header that is nothing but the name of what a layer holds: 学校, 机房."""
    return any(pattern.fullmatch(words) for pattern in _patterns()["objects"].values())


def _alike(header: Header) -> Iterator[tuple[Place, Meaning]]:
    """Find spellings much like the header that do not differ in a word that matters."""
    core = header.core
    if len(core) < 3 or core in spellings():
        return
    known = _long_spellings()
    for spelling, likeness, _ in process.extract(core, known, scorer=fuzz.ratio, score_cutoff=_LIKE_FROM, limit=12):
        if likeness >= (_LIKE_FROM_LATIN if core.isascii() else _LIKE_FROM) and not _contrast(core, spelling):
            score = 0.5 + 0.3 * (likeness - _LIKE_FROM) / (100.0 - _LIKE_FROM)
            for place in spellings()[spelling]:
                yield place, Meaning(score, "guess_alike", spelling)
    if not core.isascii():
        for spelling in _ends(core):
            for place in spellings()[spelling]:
                score = 0.55 + 0.25 * len(spelling) / len(core)
                yield place, Meaning(score, "guess_alike", spelling)


def _ends(core: str) -> Iterator[str]:
    """Give spellings that a header ends or begins with, and that no word beside them contradicts."""
    for length in range(len(core) - 1, 1, -1):
        for part in (core[-length:], core[:length]):
            if part in spellings() and not part.isascii() and not _contrast(core, part):
                yield part


def _contrast(one: str, other: str) -> bool:
    """Tell whether two headers differ in a word that makes them two things."""
    for name, group in _contrasts().items():
        here = {at for at, side in enumerate(group) if side.search(one)}
        there = {at for at, side in enumerate(group) if side.search(other)}
        if here != there and (not here & there or name == _MUST_AGREE):
            return True
    return False


def _english(header: Header) -> str:
    """Give the Latin words of a header, abbreviations written out."""
    return " ".join(_words()["abbreviations"].get(word, word) for word in header.words)


@cache
def _long_spellings() -> tuple[str, ...]:
    """Give the spellings that are long enough to be compared."""
    return tuple(spelling for spelling in spellings() if len(spelling) >= 3)


@cache
def _contrasts() -> Mapping[str, tuple[re.Pattern[str], ...]]:
    """Read what sets headers apart."""
    return {name: tuple(re.compile(side) for side in group) for name, group in _words()["contrasts"].items()}


@cache
def _words() -> Mapping[str, Any]:
    """Read short forms and contrasts."""
    return tomllib.loads((files("onemap.layers.guessing") / "words.toml").read_text(encoding="utf-8"))


@cache
def _patterns() -> Mapping[str, Mapping[str, re.Pattern[str]]]:
    """Read what headers say by their parts."""
    content = (files("onemap.layers.guessing") / "patterns.toml").read_text(encoding="utf-8")
    return MappingProxyType(
        {
            table: MappingProxyType({name: re.compile(pattern) for name, pattern in patterns.items()})
            for table, patterns in tomllib.loads(content).items()
        }
    )
