"""In which encoding bytes are, with a confidence: what can be decoded is weighed by how ordinary the characters are."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from onemap.sources.worker.answer import Remark

__all__ = ["DOUBTFUL", "Detected", "detect", "foreign_lines", "remarks_on"]

DOUBTFUL = 0.8
_CANDIDATES = ("utf-8", "gb18030", "big5")
_MOST_CHARACTERS = 20_000
_MOST_LINES = 4_000
_HALF_SURE_AT = 3.0  # characters after which one reading that is as ordinary as another counts half
_LONG_SEQUENCES = 0.92  # text of another encoding is hardly ever all in UTF-8's sequences of three bytes and more
_FIRST_LEVEL = range(0xB0, 0xD8)
_BIG5_FIRST_LEVEL = range(0xA4, 0xC7)


@dataclass(frozen=True, slots=True)
class Detected:
    """An encoding taken from bytes.

    Attributes
    ----------
    name
        Python's name of the encoding.
    confidence
        From 0 to 1; 1 is certain.
    reason
        Id of the text that says why.
    characters
        Characters beyond ASCII that it rests on.
    rival
        The next likely encoding, empty if none.
    """

    name: str
    confidence: float
    reason: str
    characters: int = 0
    rival: str = ""

    @property
    def facts(self) -> dict[str, object]:
        """Give what a reader answers about the encoding."""
        values = {"characters": self.characters, "rival": self.rival or "-", "encoding": self.name}
        return {
            "encoding": self.name,
            "encoding_confidence": self.confidence,
            "encoding_reason": self.reason,
            "encoding_values": values,
        }


def detect(values: Sequence[bytes]) -> Detected:
    """Choose among UTF-8, GB 18030 and Big5 by the bytes.

    Parameters
    ----------
    values
        Texts of a table as bytes; those of ASCII say nothing.
    """
    if values and values[0].startswith(b"\xef\xbb\xbf"):
        return Detected("utf-8-sig", 1.0, "encoding_mark")
    if values and values[0][:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return Detected("utf-16", 1.0, "encoding_mark")
    foreign = [value for value in values if not value.isascii()]
    if not foreign:
        return Detected("utf-8", 1.0, "encoding_ascii")
    scores = {name: _score(foreign, name) for name in _CANDIDATES}
    ranked = sorted(_CANDIDATES, key=lambda name: (-scores[name][0], _CANDIDATES.index(name)))
    (best, characters), (second, _) = scores[ranked[0]], scores[ranked[1]]
    if best <= 0.0:
        return Detected("gb18030", 0.0, "encoding_none", sum(map(len, foreign)))
    confidence = (1.0 - 0.5 * (second / best) ** (1 + characters / _HALF_SURE_AT)) * min(1.0, 0.35 + best)
    if characters < _HALF_SURE_AT and not (ranked[0] == "utf-8" and best >= _LONG_SEQUENCES):
        confidence = min(confidence, 0.75)
    reason = "encoding_bytes" if confidence >= DOUBTFUL else "encoding_short"
    return Detected(ranked[0], round(confidence, 2), reason, characters, ranked[1])


def foreign_lines(content: bytes) -> list[bytes]:
    """Give the first line and further ones that hold bytes beyond ASCII."""
    first, _, rest = content.partition(b"\n")
    lines = (line for line in rest.split(b"\n") if not line.isascii())
    return [first, *islice(lines, _MOST_LINES)]


def remarks_on(detected: Detected, file: str) -> list[Remark]:
    """Remark on an encoding that had to be found, and on one that is in doubt."""
    remarks = []
    if detected.name in {"gb18030", "big5"}:
        remarks.append(Remark("OM-ENC-001", {"file": file, "encoding": detected.name}))
    if detected.confidence < DOUBTFUL:
        values = {
            "file": file,
            "encoding": detected.name,
            "rival": detected.rival or "-",
            "characters": detected.characters,
            "confidence": f"{detected.confidence:.2f}",
        }
        remarks.append(Remark("OM-ENC-008", values))
    return remarks


def _score(values: Iterable[bytes], name: str) -> tuple[float, int]:
    """Say how ordinary the characters are that bytes give in an encoding, and how many there are."""
    total, count, failed, seen, is_short = 0.0, 0, 0, 0, False
    for value in values:
        seen += 1
        try:
            text = value.decode(name)
        except UnicodeError:
            failed += 1
            continue
        for character in text:
            if not character.isascii():
                total += _ordinary(character, name)
                count += 1
                is_short |= character < "\u0800"
        if count > _MOST_CHARACTERS:
            break
    whole = 1.0 - failed / seen
    if name == "utf-8" and count and not failed and not is_short:
        return max(_LONG_SEQUENCES, total / count), count
    return (total / count * whole**2 if count else 0.0), count


@lru_cache(maxsize=8192)
def _ordinary(character: str, name: str) -> float:
    """Say how ordinary a character beyond ASCII is in Chinese text, 0 to 1."""
    if name == "big5":
        lead = character.encode("big5", "ignore")[:1]
        return 0.95 if lead and lead[0] in _BIG5_FIRST_LEVEL else 0.3
    try:
        lead = character.encode("gb2312")
    except UnicodeEncodeError:
        if "\u3400" <= character <= "\u9fff":
            return 0.95 if name == "utf-8" and character.encode("big5", "ignore") else 0.25
        kind = unicodedata.category(character)
        return 0.0 if kind.startswith("C") else 0.05 if kind.startswith(("L", "M")) else 0.5
    if lead[0] in _FIRST_LEVEL or character in "，。、（）：；“”‘’！？－—…《》【】　℃㎡°′″①②③№":
        return 1.0
    if "\u3400" <= character <= "\u9fff":
        return 0.7
    return 0.8 if unicodedata.east_asian_width(character) == "F" else 0.3
