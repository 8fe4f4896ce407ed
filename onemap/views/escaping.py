"""What a file says is shown, never run: the one place where text is made safe for HTML, scripts and spreadsheets."""

from __future__ import annotations

import html
import json
import re

__all__ = ["data_for_page", "plain", "safe"]

# Folium and other writers paste text into JavaScript template strings, where ` \ $ run code without any HTML sign.
_SCRIPT_SIGNS = {ord("`"): "&#96;", ord("\\"): "&#92;", ord("$"): "&#36;"}
# A page's data block ends at the first "</script"; no sign that could begin a tag or a comment stays.
_BLOCK_SIGNS = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&`$'\u2028\u2029"}
# Signs that XML 1.0 does not allow, with the halves of surrogate pairs.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def plain(value: object) -> str:
    r"""Give a value as text without signs that XML, HTML or a workbook cannot hold.

    Examples
    --------
    >>> plain("a\x00b")
    'a\ufffdb'
    """
    return _FORBIDDEN.sub("\ufffd", str(value))


def safe(value: object) -> str:
    r"""Give a value as text that is only text in HTML, in attributes and in JavaScript template strings.

    Parameters
    ----------
    value
        Anything; it is turned to text first.

    Returns
    -------
    text
        HTML with entities in place of & < > " ' ` \ and $.

    Examples
    --------
    >>> safe("<b>")
    '&lt;b&gt;'
    >>> safe("${alert(1)}")
    '&#36;{alert(1)}'
    """
    return html.escape(plain(value), quote=True).translate(_SCRIPT_SIGNS)


def data_for_page(data: object) -> str:
    r"""Give data as JSON that can stand inside a script element of a page.

    Raises
    ------
    ValueError
        If a number is not finite.

    Examples
    --------
    >>> data_for_page({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":")).translate(_BLOCK_SIGNS)
