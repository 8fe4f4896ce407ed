"""TR 38.901, Hata, COST 231, P.2109, sector patterns, channels and budgets a second time, for reading.

Tables first, then one line a formula; nothing is shared with onemap.
"""

# ruff: noqa: PLR0917 (formulas have as many arguments as they have)

from __future__ import annotations

from math import exp, hypot, log10, pi
from statistics import NormalDist

SCENARIOS = {  # table 7.4.1-1: A + B lg d + 20 lg f in sight; C behind the break; D, E, F, G without sight
    "uma": ((28.0, 22.0), 9.0, (13.54, 39.08, 20.0, 0.6)),
    "umi": ((32.4, 21.0), 9.5, (22.4, 35.3, 21.3, 0.3)),
}
ENTRY = {
    0: (12.64, 3.72, 0.96, 9.6, 2.0, 9.1, -3.0, 4.5, -2.0),
    1: (28.19, -3.0, 8.48, 13.5, 3.8, 27.8, -2.9, 9.4, -2.1),
}
RASTER = {600_000: (0, 5, 0), 2_016_667: (3_000_000, 15, 600_000), 3_279_166: (24_250_080, 60, 2_016_667)}


def tr38901(scenario: str, far: float, base: float, phone: float, ghz: float, los: bool, h: float = 5.0, w: float = 20.0) -> float:  # fmt: skip
    """Give the path loss of table 7.4.1-1 without shadowing."""
    d3 = hypot(far, base - phone)
    if scenario == "rma":
        at_break = 2 * pi * base * phone * ghz * 1e9 / 3e8

        def first(d: float) -> float:
            roofs = h**1.72
            near = 20 * log10(40 * pi * d * ghz / 3) + 0.002 * log10(h) * d
            return near + min(0.03 * roofs, 10) * log10(d) - min(0.044 * roofs, 14.77)

        seen = first(d3) if far <= at_break else first(at_break) + 40 * log10(d3 / at_break)
        hidden = 161.04 - 7.1 * log10(w) + 7.5 * log10(h) - (24.37 - 3.7 * (h / base) ** 2) * log10(base)
        hidden += (
            (43.42 - 3.1 * log10(base)) * (log10(d3) - 3) + 20 * log10(ghz) - (3.2 * log10(11.75 * phone) ** 2 - 4.97)
        )
    else:
        (a, b), c, (d, e, f, g) = SCENARIOS[scenario]
        at_break = 4 * (base - 1) * (phone - 1) * ghz * 1e9 / 3e8
        seen = a + b * log10(d3) + 20 * log10(ghz)
        if far > at_break:
            seen = a + 40 * log10(d3) + 20 * log10(ghz) - c * log10(at_break**2 + (base - phone) ** 2)
        hidden = d + e * log10(d3) + f * log10(ghz) - g * (phone - 1.5)
    return seen if los else max(seen, hidden)


def sight_share(scenario: str, far: float, phone: float) -> float:
    """Give the chance of sight of table 7.4.2-1."""
    if scenario == "rma":
        return min(1.0, exp(-(far - 10) / 1000))
    if far <= 18:
        return 1.0
    share = 18 / far + exp(-far / {"umi": 36, "uma": 63}[scenario]) * (1 - 18 / far)
    high = max(0.0, (phone - 13) / 10) ** 1.5 if scenario == "uma" else 0.0
    return share * (1 + high * 5 / 4 * (far / 100) ** 3 * exp(-far / 150))


def hata(place: str, km: float, base: float, phone: float, mhz: float) -> float:
    """Give the median loss of Hata (1980)."""
    small = (1.1 * log10(mhz) - 0.7) * phone - (1.56 * log10(mhz) - 0.8)
    large = 3.2 * log10(11.75 * phone) ** 2 - 4.97 if mhz >= 300 else 8.29 * log10(1.54 * phone) ** 2 - 1.1
    town = 69.55 + 26.16 * log10(mhz) - 13.82 * log10(base) + (44.9 - 6.55 * log10(base)) * log10(km)
    return {
        "large": town - large,
        "small": town - small,
        "suburban": town - small - 2 * log10(mhz / 28) ** 2 - 5.4,
        "open": town - small - 4.78 * log10(mhz) ** 2 + 18.33 * log10(mhz) - 40.94,
    }[place]


def cost231(place: str, km: float, base: float, phone: float, mhz: float) -> float:
    """Give the median loss of COST 231."""
    small = (1.1 * log10(mhz) - 0.7) * phone - (1.56 * log10(mhz) - 0.8)
    loss = 46.3 + 33.9 * log10(mhz) - 13.82 * log10(base) - small + (44.9 - 6.55 * log10(base)) * log10(km)
    return loss + (3 if place == "large" else 0)


def entry(ghz: float, share: float, building: int, elevation: float) -> float:
    """Give the loss into a building of P.2109."""
    r, s, t, u, v, w, x, y, z = ENTRY[building]
    decade, far = log10(ghz), NormalDist().inv_cdf(share)
    first = r + s * decade + t * decade**2 + 0.212 * abs(elevation) + far * (u + v * decade)
    second = w + x * decade + far * (y + z * decade)
    return 10 * log10(sum(10 ** (part / 10) for part in (first, second, -3.0)))


def locations(ghz: float, cell: float, clutter: float, phone: float) -> float:
    """Give the standard deviation over locations of P.1812, section 4.7."""
    below = 1.0 if phone < clutter else 0.0 if phone >= clutter + 10 else 1 - (phone - clutter) / 10
    return below * (0.52 + 0.024 * ghz) * cell**0.28


def sector(off: float, up: float, width: float, height: float, tilt: float, back: float, side: float) -> float:
    """Give the gain of a sector, TR 36.814 with the zenith angles of TR 38.901: 90 degrees are level."""
    off = (off + 180) % 360 - 180
    zenith, beam = 90 - up, 90 + tilt
    flat, steep = -min(12 * (off / width) ** 2, back), -min(12 * ((zenith - beam) / height) ** 2, side)
    return -min(-(flat + steep), back)


def nr_mhz(number: int) -> float:
    """Give the frequency of an NR-ARFCN in megahertz."""
    start, step, first = RASTER[min(end for end in RASTER if number < end)]
    return (start + step * (number - first)) / 1000


def rsrp(watts: float, blocks: int, boost: float, gain: float, losses: tuple[float, ...]) -> float:
    """Give the power of one resource element at a phone, in dBm, from watts to milliwatts and back."""
    milliwatts = 1000 * watts / (12 * blocks) * 10 ** ((boost + gain) / 10)
    for loss in losses:
        milliwatts /= 10 ** (loss / 10)
    return 10 * log10(milliwatts)
