"""Rows and texts of a file to write: what the format cannot hold is replaced or refused, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onemap.errors import WriteError
from onemap.vct.grammar import Field, Problem
from onemap.vct.new_layer import NewLayer
from onemap.vct.values import column_texts, read_values

__all__ = ["TableText", "encodable"]

Integers = NDArray[np.int64]

_BREAKS = ",\r\n\0"
_COMMENT = "commentbegin"  # alone in a line it begins a comment
_TYPED = {"date", "time", "date-time"}  # whose values may be given as texts
_ROWS_AT_ONCE = 20_000


class TableText:
    """Turns values into the bytes of an encoding.

    Parameters
    ----------
    encoding
        As in `onemap.vct.Options`.

    Examples
    --------
    >>> text = TableText("gbk")
    >>> text.encoded(text.plain("水,田")).decode("gbk"), text.problems[0].text_id
    ('水，田', 'vct_text_replaced')
    """

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self._counts: Counter[str] = Counter()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What the format could not hold as it was, or what will not fit its declaration."""
        return tuple(Problem(text_id, None, count) for text_id, count in sorted(self._counts.items()) if count)

    def note(self, text_id: str, count: int) -> None:
        """Count something that others are to know of."""
        self._counts[text_id] += count

    def rows(self, layer: NewLayer, ids: Integers) -> Iterator[bytes]:
        """Write the rows of a layer, some thousand at a time."""
        for first in range(0, len(ids), _ROWS_AT_ONCE):
            part = slice(first, first + _ROWS_AT_ONCE)
            columns = [self._texts(one, layer.columns[one.name][part]) for one in layer.fields]
            lines = map(",".join, zip(map(str, ids[part].tolist()), *columns, strict=True))
            yield self.encoded("\r\n".join(lines) + "\r\n")

    def annotation(self, text: str | None) -> bytes:
        """Write what an annotation says, in a line of its own."""
        line = self.plain(text or "").strip()
        if line.lower() == _COMMENT:
            self._counts["vct_text_replaced"] += 1
            line = f"{line[:7]} {line[7:]}"
        return self.encoded(line)

    def plain(self, text: str) -> str:
        """Take out of a text what would end the value or the line."""
        if not any(mark in text for mark in _BREAKS):
            return text
        self._counts["vct_text_replaced"] += 1
        return text.replace("\r\n", " ").replace("\n", " ").replace("\r", " ").replace("\0", " ").replace(",", "，")

    def encoded(self, text: str) -> bytes:
        """Encode a text.

        Raises
        ------
        WriteError
            If it holds a character that the encoding lacks.
        """
        found = _encoded(text, self.encoding)
        if found is None:
            wrong = next(one for one in text if not encodable(one, self.encoding))
            shown = wrong if wrong.isprintable() else f"U+{ord(wrong):04X}"
            raise WriteError("vct_characters", character=shown, encoding=self.encoding)
        return found

    def _texts(self, field: Field, values: Sequence[Any]) -> list[str]:
        """Write the values of a field."""
        texts = column_texts(values, field)
        if field.kind == "text":
            if any(mark in text for text in ("\f".join(texts),) for mark in _BREAKS):
                texts = [self.plain(text) for text in texts]
            if field.length is not None:
                self._counts["vct_text_long"] += sum(map(field.length.__lt__, map(len, texts)))
        elif field.kind in _TYPED and any(isinstance(one, str) for one in values):
            self._counts["vct_text_untyped"] += len(read_values(texts, field.kind)[1])
        elif field.kind == "number" and field.decimals is not None:
            self._counts["vct_number_rounded"] += sum(
                1 for value, text in zip(values, texts, strict=True) if text and float(text) != value
            )
        return texts


def encodable(text: str, encoding: str) -> bool:
    """Tell whether a text can stand in an encoding; "gbk" means characters that GBK and GB 18030 write the same.

    Examples
    --------
    >>> encodable("水田", "gbk"), encodable("𠮷", "gbk"), encodable("𠮷", "gb18030")
    (True, False, True)
    """
    return _encoded(text, encoding) is not None


def _encoded(text: str, encoding: str) -> bytes | None:
    """Encode a text; None if it holds a character that the encoding lacks."""
    try:
        found = text.encode(encoding)
    except UnicodeEncodeError:
        return None
    return found if encoding != "gbk" or text.isascii() or found == text.encode("gb18030") else None
