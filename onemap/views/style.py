"""What layers look like: what a style says, colours of operators, marks of gaps.

The ground is quiet, supply is modest, gaps are loud, the plan is bright. Operators have colours of the palette of
Okabe and Ito, which people with any kind of colour vision tell apart; its warm colours are left to the gaps.

References
----------
M. Okabe, K. Ito, "Color Universal Design", 2008: palette of eight colours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = [
    "DEPENDS",
    "GAP",
    "GAP_MARKS",
    "PLAN",
    "PLAN_MARKS",
    "SERVED",
    "ZONE_COLORS",
    "LayerStyle",
    "operator_color",
    "other_operators",
]

GAP = "#d7301f"
DEPENDS = "#f9a66c"
PLAN = "#ffd60a"  # bright, with a dark rim: no gap, no operator and no zone is yellow
SERVED = "#7fa8c4"

_OPERATORS = {
    "中国移动": "#0072b2",  # blue
    "中国联通": "#cc79a7",  # reddish purple
    "中国电信": "#009e73",  # bluish green
    "中国广电": "#b8a800",  # yellow, darkened to stand on white
    "中国铁塔": "#3d4650",  # black, softened
}
_OTHER_OPERATORS = ("#56b4e9", "#8a63d2", "#7a8b2c", "#5b6b7a")


@dataclass(frozen=True, slots=True)
class LayerStyle:
    """How one layer is drawn.

    Attributes
    ----------
    layer
        Name in the catalogue.
    group
        One of `map_styles.GROUPS`.
    mark
        How points are drawn: dot, square, diamond, triangle, ring; for lines and areas the dash ("" or "6 4").
    color
        Colour of the rows; those of a gap layer follow their verdict, those with `split` their operator.
    size
        Width of a mark or line in pixels.
    split
        Field whose values make one switch each: owner, operator, kind, target_layer, area_layer, target_id, measure,
        residual_class, verdict, way, state.
    fields
        What the popup shows between reason and source, in order.
    title
        Fields of which the first filled one names the row.
    shown
        On when the map opens.
    gap
        Filtered by technology and operator, coloured by verdict.
    clustered
        Points stand in clusters when far.
    fill
        Opacity of areas.
    classes
        Fields that colour the rows, of `map_classes.classes_of`.
    alone
        Turned on, it turns off the others of its group that are so: areas that cover the whole county.
    number
        Field whose number stands in the mark: of the first rows of a list, of all sites of a plan.
    ended
        A mark stands at the far end of its lines.
    """

    layer: str
    group: str
    color: str
    mark: str = "dot"
    size: float = 7
    split: str = ""
    fields: tuple[str, ...] = ()
    title: tuple[str, ...] = ("name",)
    shown: bool = False
    gap: bool = False
    clustered: bool = False
    fill: float = 0.0
    classes: tuple[str, ...] = ()
    alone: bool = False
    number: str = ""
    ended: bool = False


GAP_MARKS = {
    "settlements": ("dot", 9.0),
    "schools": ("square", 10.0),
    "posts": ("diamond", 12.0),
    "clinics": ("square", 8.0),
    "townships": ("square", 12.0),
    "places": ("diamond", 9.0),
    "villages": ("dot", 12.0),
}
PLAN_MARKS = {  # by kind of site, and by way of connection
    "existing tower": ("dot", 20.0),
    "structure": ("square", 19.0),
    "room": ("square", 19.0),
    "planned site": ("diamond", 23.0),
    "new site": ("diamond", 23.0),
    "satellite": ("ring", 19.0),
    "fibre": ("dot", 3.0),
    "microwave": ("6 4", 3.0),
}
ZONE_COLORS = {
    # what came of a target of a plan
    "served by the plan": SERVED,
    "left for money": DEPENDS,
    "out of reach": "#8c2d04",
    # measured less predicted: the diverging palette "PuOr" of ColorBrewer, which needs neither red nor green
    "much weaker": "#b35806",
    "weaker": "#f1a340",
    "as predicted": "#9a9a9a",
    "stronger": "#998ec3",
    "much stronger": "#542788",
    # nodes of the cable network: loud where one cut parts them
    "root": "#3d5a80",
    "protected": "#7f9fbf",
    "single route": "#b35806",
    "not connected": "#8a8a8a",
    "permanent basic farmland": "#a08a1f",
    "ecological red line": "#2e7d4f",
    "nature reserve core": "#14532d",
    "urban development boundary": "#7a4f9a",
    "land use": "#8a8a8a",
    "forbidden": "#8c2d04",
    "needs recognition": "#1b7837",
}


def other_operators(names: Iterable[str]) -> tuple[str, ...]:
    """Give the names without a colour of their own, in order: every view numbers them alike.

    Examples
    --------
    >>> other_operators(["乙公司", "中国移动", "甲公司", ""])
    ('乙公司', '甲公司')
    """
    return tuple(sorted({str(name) for name in names} - set(_OPERATORS) - {""}))


def operator_color(name: str, others: tuple[str, ...] = ()) -> str:
    """Give the colour of an operator or owner.

    Parameters
    ----------
    name
        Canonical name; one that is not known takes the colour of its place in `others`.
    others
        Names without a colour of their own, in order.

    Examples
    --------
    >>> operator_color("中国移动")
    '#0072b2'
    >>> operator_color("乙公司", ("甲公司", "乙公司"))
    '#8a63d2'
    """
    if name in _OPERATORS:
        return _OPERATORS[name]
    place = others.index(name) if name in others else 0
    return _OTHER_OPERATORS[place % len(_OTHER_OPERATORS)]
