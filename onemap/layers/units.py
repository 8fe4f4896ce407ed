"""Units as people write them, and the factors between them."""

from __future__ import annotations

import unicodedata

__all__ = ["known_units", "unit_factor"]

_UNITS: dict[str, tuple[str, float, str]] = {
    # unit: kind, size in the kind's own unit, other spellings
    "m": ("length", 1.0, "米 metre metres meter meters 公尺"),
    "km": ("length", 1000.0, "千米 公里 皮长公里 沟公里 杆程公里 kilometre kilometres kilometer kilometers"),
    "cm": ("length", 0.01, "厘米 公分 centimetre centimetres centimeter centimeters"),
    "mm": ("length", 0.001, "毫米 millimetre millimetres millimeter millimeters"),
    "dm": ("length", 0.1, "分米"),
    "nmi": ("length", 1852.0, "海里"),
    "ft": ("length", 0.3048, "feet foot 英尺"),
    "m²": ("area", 1.0, "m2 平方米 平米 平方 sqm 平"),
    "km²": ("area", 1e6, "km2 平方公里 平方千米"),
    "ha": ("area", 1e4, "公顷 hectare hectares hm2"),
    "亩": ("area", 2000.0 / 3.0, "市亩 mu"),
    "W": ("power", 1.0, "瓦 瓦特"),
    "kW": ("power", 1e3, "千瓦"),
    "MW": ("power", 1e6, "兆瓦"),
    "V": ("voltage", 1.0, "伏 伏特"),
    "kV": ("voltage", 1e3, "千伏"),
    "g": ("mass", 1e-3, "克"),
    "kg": ("mass", 1.0, "千克 公斤"),
    "t": ("mass", 1e3, "吨"),
    "Hz": ("frequency", 1e-6, "赫兹 赫"),
    "kHz": ("frequency", 1e-3, "千赫 千赫兹"),
    "MHz": ("frequency", 1.0, "兆赫 兆赫兹 兆"),
    "GHz": ("frequency", 1e3, "吉赫 吉赫兹"),
    "°": ("angle", 1.0, "deg 度 degree degrees"),
    "rad": ("angle", 57.29577951308232, "弧度"),
    "dB": ("ratio", 1.0, "分贝"),
    "dBi": ("gain", 1.0, ""),
    "dBm": ("level", 1.0, "毫瓦分贝"),
    "dBd": ("gain of a dipole", 1.0, ""),
}
_EXACT = {"MW": "MW", "mW": ""}  # spellings that small letters would confuse; empty: not known
_SHORT = {"frequency": {"k": "kHz", "m": "MHz", "g": "GHz"}}  # what a letter stands for beside such a unit: 2100M, 3.5G


def unit_factor(given: str, wanted: str) -> float | None:
    """Give the factor that turns a number in one unit into another.

    Parameters
    ----------
    given
        Unit of the number, in Chinese or as a symbol.
    wanted
        Unit wanted.

    Returns
    -------
    factor
        None if either is unknown or they measure different things.

    Examples
    --------
    >>> unit_factor("公里", "m"), unit_factor("亩", "m²"), unit_factor("kW", "m")
    (1000.0, 666.6666666666666, None)
    """
    there = _find(wanted)
    here = _find(given if there is None else _SHORT.get(there[0], {}).get(_plain(given), given))
    if here is None or there is None or here[0] != there[0]:
        return 1.0 if _plain(given) == _plain(wanted) else None
    return here[1] / there[1]


def known_units(wanted: str) -> list[str]:
    """List the units that turn into one.

    Examples
    --------
    >>> known_units("kV")
    ['V', 'kV']
    """
    found = _find(wanted)
    return [unit for unit, (kind, _, _) in _UNITS.items() if found is not None and kind == found[0]]


def _plain(unit: str) -> str:
    """Give a spelling without width and case."""
    return unicodedata.normalize("NFKC", unit).strip().strip(".()").casefold()


def _find(unit: str) -> tuple[str, float] | None:
    """Find a unit by any of its spellings."""
    exact = _EXACT.get(unicodedata.normalize("NFKC", unit).strip())
    key = _SPELLINGS.get(_plain(unit)) if exact is None else exact
    return _UNITS[key][:2] if key else None


_SPELLINGS = {_plain(spelling): unit for unit, (_, _, others) in _UNITS.items() for spelling in (unit, *others.split())}
