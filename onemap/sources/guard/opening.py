"""How a file begins: its first bytes, and what comes after marks, white space, comments and declarations."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from onemap.errors import ReadError, RefusedError
from onemap.sources.guard.paths import shown

__all__ = ["Opening", "opening_of", "read_opening"]

_HEAD_BYTES = 65536
_PIECE_BYTES = 1024**2
_MOST_ASIDE = 64 * 1024**2  # characters that may stand before the data
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED = (
    (re.compile(rb"(?:[\t\n\r -~]\0\0\0){2}"), "utf-32-le"),
    (re.compile(rb"(?:\0\0\0[\t\n\r -~]){2}"), "utf-32-be"),
    (re.compile(rb"(?:[\t\n\r -~]\0){4}"), "utf-16-le"),
    (re.compile(rb"(?:\0[\t\n\r -~]){4}"), "utf-16-be"),
)
_ASIDES = (("<?", "?>"), ("<!--", "-->"))
_BLANK = " \t\n\r\f\v\0\ufeff\u00a0"
_HTML_TYPE = re.compile(r"<!doctype\s+html\b[^\[>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Opening:
    """How a file begins.

    Attributes
    ----------
    raw
        Its first bytes as they stand, up to 64 KiB.
    text
        Up to 64 KiB of text, as UTF-8, from the first character on that is neither mark nor white space nor part of a
        comment or declaration of XML: the outermost element, if it is XML.
    declares_type
        Whether a document type is declared before that, with which entities could come.
    """

    raw: bytes
    text: bytes
    declares_type: bool = False


def read_opening(path: Path) -> Opening:
    r"""Read how a file begins, however far away that is put.

    Parameters
    ----------
    path
        A regular file.

    Raises
    ------
    ReadError
        If it cannot be read.
    RefusedError
        If 64 MiB of blanks and comments come first.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.kml"
    >>> _ = path.write_text("\n" * 100_000 + "<?xml version='1.0'?><!-- a --> <kml/>", encoding="utf-16")
    >>> read_opening(path).text
    b'<kml/>'
    """
    try:
        with path.open("rb") as file:
            return opening_of(path, iter(lambda: file.read(_PIECE_BYTES), b""))
    except OSError as error:
        raise ReadError("file_unreadable", path=shown(path), reason=error.strerror or "") from error


def opening_of(path: Path, pieces: Iterator[bytes]) -> Opening:
    """Tell how content begins that comes in pieces.

    Parameters
    ----------
    path
        File that it comes from, or is packed in.
    pieces
        The content; no more of it is taken than needed.

    Raises
    ------
    RefusedError
        If 64 MiB of blanks and comments come first.

    Examples
    --------
    >>> opening_of(Path("a.xlsx"), iter([b"<?xml version='1.0'?>", b"<workbook/>"])).text
    b'<workbook/>'
    """
    first = next(pieces, b"")
    text, declares_type = _text_from(path, _decoded(first, pieces))
    return Opening(first[:_HEAD_BYTES], text[:_HEAD_BYTES].encode("utf-8", "replace")[:_HEAD_BYTES], declares_type)


def _text_from(path: Path, pieces: Iterator[str]) -> tuple[str, bool]:
    """Give the text from where the data begins, and whether a document type stands before it."""
    text = ""
    passed = 0
    declares_type = False
    for piece in pieces:
        text += piece
        while True:
            rest, is_type = _without_aside(text)
            declares_type |= is_type
            if rest is None or rest is text:
                break
            passed += len(text) - len(rest)
            text = rest
        if passed + (len(text) if rest is None else 0) > _MOST_ASIDE:
            raise RefusedError("file_padded", path=shown(path), megabytes=_MOST_ASIDE // 1024**2)
        if rest is not None and len(text) >= _HEAD_BYTES:
            break
    return text, declares_type


def _without_aside(text: str) -> tuple[str | None, bool]:
    """Give text without the white space, comment or declaration it begins with; None where that has no end yet."""
    stripped = text.lstrip(_BLANK)
    if stripped != text:
        return stripped, False
    for start, end in _ASIDES:
        if text.startswith(start):
            at = text.find(end, len(start))
            return (None if at < 0 else text[at + len(end) :]), False
    if text[:9].lower() == "<!doctype" and not _HTML_TYPE.match(text):
        at = text.find(">")  # with an internal subset that is not its end, but then nobody reads on
        return (None if at < 0 else text[at + 1 :]), True
    return text, False


def _decoded(first: bytes, pieces: Iterator[bytes]) -> Iterator[str]:
    """Give content as text piece by piece, in the encoding that its first bytes speak for."""
    encoding = next((name for mark, name in _MARKS if first.startswith(mark)), None)
    encoding = encoding or next((name for form, name in _UNMARKED if form.match(first)), "utf-8")
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    for piece in chain([first], pieces):
        yield decoder.decode(piece)
