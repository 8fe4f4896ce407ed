"""What the forms of departments hold, for a workbook and a document alike: facts, check items, records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from onemap import __version__, messages
from onemap.findings import Finding
from onemap.views.check_report.facts import CheckReport, RuleResult, sentence, severest
from onemap.views.escaping import plain

__all__ = [
    "Column",
    "facts_of",
    "finding_columns",
    "item_columns",
    "mended_columns",
    "said",
    "sentences_of",
    "waived_columns",
]

_MOST_SENTENCES = 8  # on the form, so that it stays one page; the check items name all rules


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a form.

    Attributes
    ----------
    header
        What stands over it.
    cells
        Its cells: text, a whole number, a share (0-1) or degrees; None for an empty one.
    kind
        "text", "integer", "share" or "degrees".
    width
        Its width in characters, a hanzi counting two.
    joined
        Equal neighbours stand in one cell.
    """

    header: str
    cells: tuple[str | int | float | None, ...]
    kind: str = "text"
    width: int = 12
    joined: bool = False


def said(lang: str) -> Callable[..., str]:
    """Give the texts of reports in a language, by their short names.

    Parameters
    ----------
    lang
        "zh" or "en".

    Examples
    --------
    >>> said("en")("title")
    'Quality report'
    """
    return lambda text_id, **values: plain(messages.text(f"check_report_{text_id}", lang, **values))


def facts_of(report: CheckReport, lang: str) -> list[tuple[str, str]]:
    """Give the head of the form: what was checked, by what, when, with what conclusion.

    Parameters
    ----------
    report
        What was found.
    lang
        "zh" or "en".

    Returns
    -------
    facts
        Names and values; a value is empty where somebody fills it in by hand.

    Examples
    --------
    >>> import datetime
    >>> facts_of(CheckReport("x.gdb", "generic", {}, [], [], datetime.date(2026, 1, 1)), "en")[0]
    ('Checked', 'x.gdb')
    """
    t = said(lang)
    scale = t("scale_value", layers=len(report.layers), features=sum(report.layers.values()))
    basis = report.basis(lang)
    listed = "\n".join(f"{number}. {one}" for number, one in enumerate(basis, 1)) if len(basis) > 1 else basis[0]
    return [
        (t("object"), plain(report.name)),
        (t("unit"), plain(report.people.get("unit", ""))),
        (t("checker"), plain(report.people.get("checker", ""))),
        (t("basis"), plain(listed)),
        (t("scale"), scale),
        (t("date"), report.date.isoformat()),
        (t("software"), f"onemap {__version__}"),
        (t("conclusion"), plain(report.conclusion(lang))),
    ]


def sentences_of(results: Sequence[RuleResult], lang: str) -> str:
    """Say what was checked, in numbered sentences: the gravest rules that found something, then how many did not.

    Parameters
    ----------
    results
        From `rule_results`.
    lang
        "zh" or "en".

    Examples
    --------
    >>> sentences_of([], "en")
    'Nothing was found.'
    """
    t = said(lang)
    found = severest(results)
    lines = [plain(sentence(one, lang)) for one in found[:_MOST_SENTENCES]]
    if len(found) > _MOST_SENTENCES:
        lines.append(t("others_failed", count=len(found) - _MOST_SENTENCES))
    if len(results) > len(found):
        lines.append(t("others_passed", count=len(results) - len(found)))
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1)) or t("none")


def item_columns(results: Sequence[RuleResult], lang: str) -> list[Column]:
    """Give the table of check items: first and second level, what is checked, counts and result.

    Parameters
    ----------
    results
        From `rule_results`.
    lang
        "zh" or "en".

    Examples
    --------
    >>> [column.header for column in item_columns([], "zh")][1:3]
    ['一级检查项', '二级检查项']
    """
    t = said(lang)
    units = {True: t("counts_layers"), False: t("counts_features")}
    return [
        Column(t("number"), tuple(range(1, len(results) + 1)), "integer", 6),
        Column(t("primary"), tuple(one.item.primary[lang] for one in results), width=12, joined=True),
        Column(t("secondary"), tuple(one.item.secondary[lang] for one in results), width=24, joined=True),
        Column(t("what"), tuple(plain(one.title(lang)) for one in results), width=26),
        Column(t("rule"), tuple(one.rule for one in results), width=13),
        Column(t("counts"), tuple(units[one.of_layers] for one in results), width=8),
        Column(t("checked"), tuple(one.checked for one in results), "integer", 9),
        Column(t("failed_count"), tuple(one.failed for one in results), "integer", 9),
        Column(t("share"), tuple(one.share for one in results), "share", 9),
        Column(t("result"), tuple(t(f"result_{_result(one)}") for one in results), width=9),
    ]


def _result(result: RuleResult) -> str:
    """Tell how a rule ended."""
    if not result.total:
        return "passed"
    return "failed" if result.severity in {"fatal", "error"} else "warned"


def finding_columns(results: Sequence[RuleResult], lang: str, *, most: int | None = None) -> list[Column]:
    """Give the records: layer, row, identifier, place, what was found and what to do.

    Parameters
    ----------
    results
        From `rule_results`.
    lang
        "zh" or "en".
    most
        Records of one rule, all samples if None.

    Examples
    --------
    >>> [column.header for column in finding_columns([], "zh")][3:6]
    ['图层', '行号', '标识码 BSM']
    """
    t = said(lang)
    listed = [finding for one in results for finding in islice(one.samples, most)]
    severity = {name: messages.text(f"severity_{name}", lang) for name in ("fatal", "error", "warning", "info")}
    return [
        Column(t("number"), tuple(range(1, len(listed) + 1)), "integer", 6),
        Column(t("rule"), tuple(one.rule for one in listed), width=13),
        Column(t("severity"), tuple(severity[one.severity] for one in listed), width=7),
        *_placed(listed, lang),
        Column(t("message"), tuple(plain(one.message(lang)) for one in listed), width=36),
        Column(t("hint"), tuple(plain(one.hint(lang)) for one in listed), width=32),
    ]


def waived_columns(report: CheckReport, lang: str) -> list[Column]:
    """Give the findings that somebody accepts, with name and reason.

    Parameters
    ----------
    report
        What was found.
    lang
        "zh" or "en".

    Examples
    --------
    >>> import datetime
    >>> report = CheckReport("x.gdb", "generic", {}, [], [], datetime.date(2026, 1, 1))
    >>> [column.header for column in waived_columns(report, "en")][-2:]
    ['Accepted by', 'Reason']
    """
    t = said(lang)
    listed = [one.finding for one in report.waived]
    return [
        Column(t("number"), tuple(range(1, len(listed) + 1)), "integer", 6),
        Column(t("rule"), tuple(one.rule for one in listed), width=13),
        *_placed(listed, lang),
        Column(t("message"), tuple(plain(one.message(lang)) for one in listed), width=32),
        Column(t("by"), tuple(plain(one.by) for one in report.waived), width=12),
        Column(t("reason"), tuple(plain(one.reason) for one in report.waived), width=28),
    ]


def mended_columns(report: CheckReport, lang: str) -> list[Column]:
    """Give the cells that were mended, before and after.

    Parameters
    ----------
    report
        What was found.
    lang
        "zh" or "en".

    Examples
    --------
    >>> import datetime
    >>> report = CheckReport("x.gdb", "generic", {}, [], [], datetime.date(2026, 1, 1))
    >>> [column.header for column in mended_columns(report, "en")][-2:]
    ['Before', 'After']
    """
    t = said(lang)
    listed = report.mended
    return [
        Column(t("number"), tuple(range(1, len(listed) + 1)), "integer", 6),
        Column(t("rule"), tuple(one.rule for one in listed), width=13),
        Column(t("layer"), tuple(plain(one.layer) for one in listed), width=12),
        Column(t("row"), tuple(one.row for one in listed), "integer", 8),
        Column(t("bsm"), tuple(plain(one.feature) for one in listed), width=22),
        Column(t("field"), tuple(plain(one.field) for one in listed), width=12),
        Column(t("before"), tuple(plain(one.before) for one in listed), width=28),
        Column(t("after"), tuple(plain(one.after) for one in listed), width=28),
    ]


def _placed(listed: Sequence[Finding], lang: str) -> list[Column]:
    """Give layer, row, identifier and place of findings."""
    t = said(lang)
    return [
        Column(t("layer"), tuple(plain(one.layer) for one in listed), width=12),
        Column(t("row"), tuple(one.row for one in listed), "integer", 8),
        Column(t("bsm"), tuple(plain(one.feature) for one in listed), width=22),
        Column(t("lon"), tuple(one.lon for one in listed), "degrees", 12),
        Column(t("lat"), tuple(one.lat for one in listed), "degrees", 12),
    ]
