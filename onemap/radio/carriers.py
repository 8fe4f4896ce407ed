"""Carriers: bands by name, and channel numbers as frequencies.

Tables: `carriers.toml`, with their sources. All frequencies are of the downlink, which is what coverage is judged by.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "CHANNEL_FREQUENCIES",
    "Band",
    "Family",
    "bands_at",
    "earfcn_frequency",
    "frequency_earfcn",
    "frequency_nr_arfcn",
    "gsm_frequency",
    "known_bands",
    "nr_arfcn_frequency",
    "parse_band",
    "uarfcn_frequency",
]

Family = Literal["LTE", "NR"]

_NR_RASTER = ((0, 0.0, 5.0), (600_000, 3_000_000.0, 15.0), (2_016_667, 24_250_080.0, 60.0))
"""TS 38.104, table 5.4.2.1-1: N_REF-Offs, F_REF-Offs in kHz, raster in kHz."""
_NR_LAST = 3_279_165
_LOWEST_MHZ = 400.0  # no smaller number is a frequency
_NAMED = re.compile(r"(?<![A-Z])(NR|N|B|BAND|BAND NR|BAND N)[\s_-]*(\d{1,3})(?!\d)")
_TECHNOLOGY = re.compile(r"(?<![\d.])[2345]G(?!HZ)(?:-?R)?|TD-?LTE|LTE|FDD|TDD")
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*(G)?")
_LETTER = re.compile(r"(?<![A-Z\d])([ADEF])(?:\d|频段?|段|$)")
_TELLS_FAMILY: Mapping[str, Family] = {"5G": "NR", "4G": "LTE"}


@dataclass(frozen=True, slots=True)
class Band:
    """A band.

    Attributes
    ----------
    name
        "B3" of LTE, "n78" of NR.
    family
        "LTE" or "NR".
    low_mhz, high_mhz
        Its downlink, in megahertz.
    duplex
        "FDD", "TDD", or "SDL" (downlink alone).
    first_channel
        EARFCN of its lower edge; NR bands have none of their own, -1.
    """

    name: str
    family: Family
    low_mhz: float
    high_mhz: float
    duplex: str
    first_channel: int = -1

    @property
    def centre_mhz(self) -> float:
        """Give the middle of the downlink, in megahertz."""
        return 0.5 * (self.low_mhz + self.high_mhz)

    @property
    def channels(self) -> int:
        """Give how many channel numbers it has: one each 100 kHz in LTE."""
        return round(10 * (self.high_mhz - self.low_mhz))


@cache
def known_bands() -> Mapping[str, Band]:
    """Give all bands by name.

    References
    ----------
    3GPP TS 36.101, tables 5.5-1 and 5.7.3-1; 3GPP TS 38.104, tables 5.2-1 and 5.2-2.

    Examples
    --------
    >>> known_bands()["n78"].low_mhz, known_bands()["B3"].first_channel
    (3300, 1200)
    """
    tables = _tables()
    lte = (Band(f"B{number}", "LTE", low, high, duplex, first)
           for number, (low, high, first, duplex) in tables["lte"].items())  # fmt: skip
    nr = (Band(f"n{number}", "NR", low, high, duplex) for number, (low, high, duplex) in tables["nr"].items())
    return MappingProxyType({band.name: band for band in (*lte, *nr)})


def earfcn_frequency(earfcn: ArrayLike) -> NDArray[np.float64]:
    r"""Give the frequencies of channel numbers of LTE.

    .. math:: F_{DL} = F_{DL\_low} + 0.1 (N_{DL} - N_{Offs-DL})

    Parameters
    ----------
    earfcn
        Downlink channel numbers, any shape.

    Returns
    -------
    frequency_mhz
        Same shape, in megahertz; NaN where no band has the number.

    References
    ----------
    3GPP TS 36.101, 5.7.3 and table 5.7.3-1.

    Examples
    --------
    >>> earfcn_frequency([1850, 1300, 99_999])
    array([1870., 1815.,   nan])
    """
    asked = np.asarray(earfcn, dtype=np.float64)
    frequency_mhz = np.full(asked.shape, np.nan)
    for band in known_bands().values():
        if band.family == "LTE":
            inside = (asked >= band.first_channel) & (asked < band.first_channel + band.channels)
            frequency_mhz[inside] = (10.0 * band.low_mhz + asked[inside] - band.first_channel) / 10.0
    return frequency_mhz


def frequency_earfcn(frequency_mhz: ArrayLike, band: str) -> NDArray[np.int64]:
    """Give the channel numbers of LTE nearest to frequencies in a band.

    Parameters
    ----------
    frequency_mhz
        Downlink frequencies, any shape, in megahertz.
    band
        Name of a band of LTE.

    Returns
    -------
    earfcn
        Same shape; -1 where the frequency lies outside the band.

    Raises
    ------
    ValueError
        If there is no such band.

    References
    ----------
    3GPP TS 36.101, 5.7.3 and table 5.7.3-1.

    Examples
    --------
    >>> frequency_earfcn([1870.0, 900.0], "B3")
    array([1850,   -1])
    """
    found = known_bands().get(band)
    if found is None or found.family != "LTE":
        msg = f"band must be a band of LTE, such as B3, got {band!r}"
        raise ValueError(msg)
    number = np.rint(10.0 * (np.asarray(frequency_mhz, dtype=np.float64) - found.low_mhz))
    inside = (number >= 0) & (number < found.channels)
    return np.where(inside, found.first_channel + np.where(inside, number, 0), -1).astype(np.int64)


def nr_arfcn_frequency(nr_arfcn: ArrayLike) -> NDArray[np.float64]:
    r"""Give the frequencies of channel numbers of NR.

    .. math:: F_{REF} = F_{REF-Offs} + \Delta F_{Global} (N_{REF} - N_{REF-Offs})

    Parameters
    ----------
    nr_arfcn
        Channel numbers on the global raster, any shape.

    Returns
    -------
    frequency_mhz
        Same shape, in megahertz; NaN for numbers off the raster.

    References
    ----------
    3GPP TS 38.104, 5.4.2.1 and table 5.4.2.1-1.

    Examples
    --------
    >>> nr_arfcn_frequency([504_990, 636_666, -1])
    array([2524.95, 3549.99,     nan])
    """
    asked = np.asarray(nr_arfcn, dtype=np.float64)
    frequency_khz = np.full(asked.shape, np.nan)
    for first, offset_khz, raster_khz in _NR_RASTER:
        beyond = (asked >= first) & (asked <= _NR_LAST)
        frequency_khz[beyond] = offset_khz + raster_khz * (asked[beyond] - first)
    return frequency_khz / 1000.0


def frequency_nr_arfcn(frequency_mhz: ArrayLike) -> NDArray[np.int64]:
    """Give the channel numbers of NR nearest to frequencies.

    Parameters
    ----------
    frequency_mhz
        Any shape, in megahertz.

    Returns
    -------
    nr_arfcn
        Same shape; -1 outside 0 to 100,000 MHz.

    References
    ----------
    3GPP TS 38.104, 5.4.2.1 and table 5.4.2.1-1.

    Examples
    --------
    >>> frequency_nr_arfcn([763.0, 2565.0, 3500.01])
    array([152600, 513000, 633334])
    """
    frequency_khz = 1000.0 * np.asarray(frequency_mhz, dtype=np.float64)
    number = np.full(frequency_khz.shape, -1.0)
    for (first, offset_khz, raster_khz), starts_khz in zip(_NR_RASTER, (0.0, 3e6, 24.25e6), strict=True):
        beyond = (frequency_khz >= starts_khz) & (frequency_khz <= 1e8)
        number[beyond] = first + np.rint((np.maximum(frequency_khz[beyond], offset_khz) - offset_khz) / raster_khz)
    return np.asarray(np.minimum(number, _NR_LAST), dtype=np.int64)


def gsm_frequency(arfcn: ArrayLike) -> NDArray[np.float64]:
    """Give the downlink frequencies of channel numbers of GSM 900 (extended) and DCS 1800.

    Parameters
    ----------
    arfcn
        Channel numbers, any shape.

    Returns
    -------
    frequency_mhz
        Same shape, in megahertz; NaN for other numbers.

    References
    ----------
    3GPP TS 45.005, clause 2.

    Examples
    --------
    >>> gsm_frequency([1, 1023, 512, 300])
    array([ 935.2,  934.8, 1805.2,    nan])
    """
    asked = np.asarray(arfcn, dtype=np.float64)
    tenths = np.full(asked.shape, np.nan)
    for first, last, offset, reference in ((0, 124, 9350, 0), (975, 1023, 9350, 1024), (512, 885, 18052, 512)):
        inside = (asked >= first) & (asked <= last)
        tenths[inside] = offset + 2 * (asked[inside] - reference)
    return tenths / 10.0


def uarfcn_frequency(uarfcn: ArrayLike) -> NDArray[np.float64]:
    """Give the downlink frequencies of channel numbers of UTRA: band VIII, and bands without an offset.

    Parameters
    ----------
    uarfcn
        Channel numbers, any shape.

    Returns
    -------
    frequency_mhz
        Same shape, in megahertz; NaN for other numbers.

    References
    ----------
    3GPP TS 25.101, 5.4.3 and table 5.1: band I without an offset, band VIII with 340 MHz; TS 25.102, 5.4.3 (TDD).

    Examples
    --------
    >>> uarfcn_frequency([10_700, 3_000, 1])
    array([2140.,  940.,   nan])
    """
    asked = np.asarray(uarfcn, dtype=np.float64)
    frequency_mhz = np.full(asked.shape, np.nan)
    for first, last, offset_mhz in ((2_937, 3_088, 340.0), (9_400, 10_838, 0.0)):
        inside = (asked >= first) & (asked <= last)
        frequency_mhz[inside] = asked[inside] / 5.0 + offset_mhz
    return frequency_mhz


CHANNEL_FREQUENCIES: Mapping[str, Callable[[ArrayLike], NDArray[np.float64]]] = {
    "2G": gsm_frequency,
    "3G": uarfcn_frequency,
    "4G": earfcn_frequency,
    "NB-IoT": earfcn_frequency,
    "5G": nr_arfcn_frequency,
}
"""How each technology numbers its channels."""


def bands_at(frequency_mhz: float, family: Family) -> tuple[Band, ...]:
    """Give the bands whose downlink holds a frequency: those usual in China first, then the narrowest.

    Examples
    --------
    >>> [band.name for band in bands_at(3_550.0, "NR")]
    ['n78', 'n48', 'n77']
    """
    names = _tables()["names"]
    usual = {str(number) for number in (*names["mhz"].values(), *names["letters"].values())}
    holding = [band for band in known_bands().values()
               if band.family == family and band.low_mhz <= frequency_mhz <= band.high_mhz]  # fmt: skip
    return tuple(sorted(holding, key=lambda band: (band.name[1:] not in usual, band.high_mhz - band.low_mhz)))


def parse_band(text: str, technology: str = "4G") -> str | None:
    """Find the band that a text names.

    Parameters
    ----------
    text
        As written in tables: "n78", "B3", "Band 41", "3.5GHz", "FDD1800", "D频段".
    technology
        Of the cell: decides between LTE and NR where the text does not.

    Returns
    -------
    name
        Name in `known_bands`; None where the text names no band.

    Examples
    --------
    >>> [parse_band(text, "5G") for text in ("N78", "Band 41", "3.5GHz", "NR700M", "??")]
    ['n78', 'n41', 'n78', 'n28', None]
    >>> [parse_band(text) for text in ("B3", "FDD1800", "F频段", "20")]
    ['B3', 'B3', 'B39', 'B20']
    """
    plain = unicodedata.normalize("NFKC", text).upper().strip()
    family: Family = _TELLS_FAMILY.get(technology, "LTE")
    named = _NAMED.search(plain)
    if named:
        sort: Family = "NR" if "N" in named[1].removeprefix("BAND") else family
        found = _known(sort, named[2])
        if found:
            return found
    bare = re.fullmatch(r"\d{1,3}", plain)
    if bare and _known(family, plain):
        return _known(family, plain)
    return _by_usage(_TECHNOLOGY.sub(" ", plain), family)


def _by_usage(plain: str, family: Family) -> str | None:
    """Find a band by its megahertz or its letter."""
    number = _NUMBER.search(plain)
    mhz = float(number[1]) * (1000.0 if number[2] else 1.0) if number else 0.0
    if mhz >= _LOWEST_MHZ:
        usual = _tables()["names"]["mhz"].get(f"{mhz:g}")
        holding = bands_at(mhz, family)
        return _known(family, str(usual)) or (holding[0].name if holding else None)
    letter = _LETTER.search(plain)
    return _known(family, str(_tables()["names"]["letters"][letter[1]])) if letter else None


def _known(family: Family, number: str) -> str | None:
    """Give the name of a band if there is one with the number."""
    name = f"{'n' if family == 'NR' else 'B'}{int(number)}" if number.isdigit() else ""
    return name if name in known_bands() else None


@cache
def _tables() -> Mapping[str, Any]:
    """Read the tables."""
    return tomllib.loads((files("onemap.radio") / "carriers.toml").read_text(encoding="utf-8"))
