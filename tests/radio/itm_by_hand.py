"""Longley-Rice a second time, written for reading: lists and complex numbers, one function a step, nothing shared with onemap.

It follows Hufford's "The ITS Irregular Terrain Model, version 1.2.2: the Algorithm" with the behaviour of NTIA's reference 1.4.
Slow, uncompiled, and the witness against which the kernels are held over the whole range of their arguments.
"""

# ruff: noqa: PLR0917 (formulas have as many arguments as they have)

from __future__ import annotations

from cmath import sqrt as complex_sqrt
from dataclasses import dataclass, field
from math import cos, exp, log, log10, pi, sin, sqrt

EARTH_PER_M, EARTH_M = 157e-9, 6.37e6
CLIMATES = {  # table 5.1: median; spread below, above (b1, b2 in dB; x1, x2, x3 in km); C_D, z_D; b1, b2, b3 below; above
    1: ((-9.67, 12.7, 144.9, 190.3, 133.8), (2.13, 159.5, 762.2, 123.6, 94.5), (2.11, 102.3, 636.9, 134.8, 95.6),
        (1.224, 1.282), (1, 0, 0), (1, 0, 0)),
    2: ((-0.62, 9.19, 228.9, 205.2, 143.6), (2.66, 7.67, 100.4, 172.5, 136.4), (6.87, 15.53, 138.7, 143.7, 98.6),
        (0.801, 2.161), (1, 0, 0), (0.93, 0.31, 2.00)),
    3: ((1.26, 15.5, 262.6, 185.2, 99.8), (6.11, 6.65, 138.2, 242.2, 178.6), (10.08, 9.60, 165.3, 225.7, 129.7),
        (1.380, 1.282), (1, 0, 0), (1, 0, 0)),
    4: ((-9.21, 9.05, 84.1, 101.1, 98.6), (1.98, 13.11, 139.1, 132.7, 193.5), (3.68, 159.3, 464.4, 93.1, 94.2),
        (1.000, 20.0), (1, 0, 0), (0.93, 0.19, 1.79)),
    5: ((-0.62, 9.19, 228.9, 205.2, 143.6), (2.68, 7.16, 93.7, 186.8, 133.5), (4.75, 8.12, 93.2, 135.9, 113.4),
        (1.224, 1.282), (0.92, 0.25, 1.77), (0.93, 0.31, 2.00)),
    6: ((-0.39, 2.86, 141.7, 315.9, 167.4), (6.86, 10.38, 187.8, 169.6, 108.9), (8.58, 13.97, 216.0, 152.0, 122.7),
        (1.518, 1.282), (1, 0, 0), (1, 0, 0)),
    7: ((3.15, 857.9, 2222.0, 164.8, 116.3), (8.51, 169.8, 609.8, 119.9, 106.6), (8.43, 8.19, 136.2, 188.5, 122.9),
        (1.518, 1.282), (1, 0, 0), (1, 0, 0)),
}  # fmt: skip


@dataclass
class Link:
    """What is known of a path, filled step by step; angles in radians, lengths in metres."""

    mhz: float
    ends: tuple[float, float]
    far: float = 0.0
    known: bool = True
    surface_n: float = 0.0
    radius: float = 0.0
    effective: list[float] = field(default_factory=lambda: [0.0, 0.0])
    horizon: list[float] = field(default_factory=lambda: [0.0, 0.0])
    angle: list[float] = field(default_factory=lambda: [0.0, 0.0])
    rough: float = 0.0

    @property
    def wave(self) -> float:
        return self.mhz / 47.7

    @property
    def reach(self) -> float:
        return sum(self.horizon)

    @property
    def smooth(self) -> list[float]:
        return [sqrt(2 * height * self.radius) for height in self.effective]

    @property
    def seen(self) -> float:
        return -max(sum(self.angle), -self.reach / self.radius)


def point_to_point(heights: list[float], step: float, link: Link, ground: tuple[int, float, float], air: tuple[float, ...]) -> float:  # fmt: skip
    """Give the loss over a profile; ground is polarisation, permittivity, conductivity; air is N0, climate, mode, shares."""
    last = len(heights) - 1
    link.far = last * step
    tenth = int(0.1 * last)
    inner = heights[tenth : last - tenth + 1]
    refract(link, air[0] * exp(-sum(inner) / len(inner) / 9460))
    look_around(heights, step, link)
    start = min(15 * link.ends[0], 0.1 * link.horizon[0])  # not / 10: lines are fitted from whole points on
    stop = link.far - min(15 * link.ends[1], 0.1 * link.horizon[1])
    link.rough = irregularity(heights, step, start, stop)
    if link.reach > 1.5 * link.far:
        fits = fit(heights, start / step, stop / step)
        link.effective = [h + max(g - f, 0) for h, g, f in zip(link.ends, (heights[0], heights[-1]), fits, strict=True)]
        median_horizons(link)
        if link.reach <= link.far:
            raised = (link.far / link.reach) ** 2
            link.effective = [h * raised for h in link.effective]
            median_horizons(link)
    else:
        first, _ = fit(heights, start / step, 0.9 * link.horizon[0] / step)
        _, final = fit(heights, (link.far - 0.9 * link.horizon[1]) / step, stop / step)
        link.effective = [link.ends[0] + max(heights[0] - first, 0), link.ends[1] + max(heights[-1] - final, 0)]
    return loss(link, ground, air)


def area(far: float, rough: float, sitings: tuple[int, int], link: Link, ground: tuple[int, float, float], air: tuple[float, ...]) -> float:  # fmt: skip
    """Give the loss where only the irregularity is known."""
    link.far, link.rough, link.known = far, rough, False
    refract(link, air[0])
    for side, (height, siting) in enumerate(zip(link.ends, sitings, strict=True)):
        bonus = {0: 0.0, 1: 4.0, 2: 9.0}[siting] * (sin(0.1 * pi * height) if height < 5 else 1)
        gained = (1 + bonus) * exp(-min(20, 2 * height / max(1e-3, rough)))
        link.effective[side] = height + (gained if siting else 0)
    median_horizons(link)
    return loss(link, ground, air)


def refract(link: Link, surface_n: float) -> None:
    link.surface_n = surface_n
    link.radius = 1 / (EARTH_PER_M * (1 - 0.04665 * exp(surface_n / 179.3)))


def look_around(heights: list[float], step: float, link: Link) -> None:
    """Find the horizons of both ends."""
    last = len(heights) - 1
    tops = (heights[0] + link.ends[0], heights[-1] + link.ends[1])
    for side in (0, 1):
        link.angle[side] = (tops[1 - side] - tops[side]) / link.far - link.far / (2 * link.radius)
        link.horizon[side] = link.far
    aways = [0.0, link.far]
    for i in range(1, last):
        # Added up step by step, as in the reference: lines are fitted from whole points on, and rounding decides which.
        aways = [aways[0] + step, aways[1] - step]
        for side, away in enumerate(aways):
            angle = (heights[i] - tops[side]) / away - away / (2 * link.radius)
            if angle > link.angle[side]:
                link.angle[side], link.horizon[side] = angle, away


def fit(heights: list[float], start: float, stop: float) -> tuple[float, float]:
    """Lay a line through heights between two places; its height at the first and the last point of all."""
    last = len(heights) - 1
    a, b = int(max(start, 0)), last - int(max(last - stop, 0))
    if b <= a:
        a, b = max(a - 1, 0), last - max(last - (b + 1), 0)
    span = b - a
    weights = [0.5 if i in {a, b} else 1.0 for i in range(a, b + 1)]
    mean = sum(w * h for w, h in zip(weights, heights[a : b + 1], strict=True)) / span
    moment = sum(
        w * h * (i - (a + b) / 2) for i, (w, h) in enumerate(zip(weights, heights[a : b + 1], strict=True), start=a)
    )
    slope = moment * 12 / ((span**2 + 2) * span)
    return mean - slope * (a + b) / 2, mean + slope * (last - (a + b) / 2)


def irregularity(heights: list[float], step: float, start: float, stop: float) -> float:
    """Give the interdecile range about a line, as of a very long path."""
    begin, end = start / step, stop / step
    if end - begin < 2:
        return 0.0
    decile = min(max(4, int(0.1 * (end - begin + 8))), 25)
    count = 10 * decile - 5
    samples = []
    for place in (begin + k * (end - begin) / (count - 1) for k in range(count)):
        left = min(int(place), len(heights) - 2)
        samples.append(heights[left] + (place - left) * (heights[left + 1] - heights[left]))
    low, high = fit(samples, 0, count - 1)
    line, over = low, []
    for (
        height
    ) in samples:  # added up step by step: on a plain nothing but its rounding is left, and that of the reference
        over.append(height - line)
        line += (high - low) / (count - 1)
    over.sort(reverse=True)
    return (over[decile - 1] - over[count - decile]) / (1 - 0.8 * exp(-(stop - start) / 50e3))


def median_horizons(link: Link) -> None:
    for side, height in enumerate(link.effective):
        share = exp(-0.07 * sqrt(link.rough / max(height, 5)))
        link.horizon[side] = link.smooth[side] * share
        link.angle[side] = (0.65 * link.rough * (1 / share - 1) - 2 * height) / link.smooth[side]


def loss(link: Link, ground: tuple[int, float, float], air: tuple[float, ...]) -> float:
    """Join free space, the reference attenuation and variability."""
    polarisation, permittivity, conductivity = ground
    relative = complex(permittivity, 18_000 * conductivity / link.mhz)
    impedance = complex_sqrt(relative - 1) / (relative if polarisation == 2 else 1)
    free = 32.45 + 20 * log10(link.mhz) + 20 * log10(link.far / 1000)
    return free + varied(attenuation(link, impedance), link, air)


def attenuation(link: Link, impedance: complex) -> float:
    """Give the reference attenuation (section 4)."""
    scale = (link.radius**2 / link.mhz) ** (1 / 3)
    d3 = max(sum(link.smooth), link.reach + 5 * scale)
    d4 = d3 + 10 * scale
    a3, a4 = diffraction(d3, link, impedance), diffraction(d4, link, impedance)
    slope = (a4 - a3) / (d4 - d3)
    start = a3 - slope * d3
    if link.far < sum(link.smooth):
        return max(in_sight(link, impedance, slope, start), 0.0)
    d5, d6 = link.reach + 200e3, link.reach + 400e3
    a6, gain = scatter(d6, link, None)
    a5, _ = scatter(d5, link, gain)
    if a6 is None or a5 is None or a5 >= 1000:  # the reference takes such a loss for none at all
        return max(start + slope * link.far, 0.0)
    scattered = (a6 - a5) / 200e3
    change = max(
        sum(link.smooth),
        link.reach + 1.088 * scale * log(link.mhz),
        (a5 - start - scattered * d5) / (slope - scattered),
    )
    if link.far > change:
        return max(start + slope * change + scattered * (link.far - change), 0.0)
    return max(start + slope * link.far, 0.0)


def in_sight(link: Link, impedance: complex, slope: float, start: float) -> float:
    """Lay a curve through the loss at two or three distances (ERL 79-ITS 67, 3.16 to 3.21)."""
    end = sum(link.smooth)

    def rays(d: float) -> float:
        return two_rays(d, link, impedance, slope, start)

    far_db = end * slope + start
    d0 = 0.04 * link.mhz * link.effective[0] * link.effective[1]
    if start >= 0:
        d0 = min(d0, link.reach / 2)
        d1 = d0 + (link.reach - d0) / 4
    else:
        d1 = max(-start / slope, link.reach / 4)
    k1 = k2 = 0.0
    curved = False
    if d0 < d1:
        a0, a1, q = rays(d0), rays(d1), log(end / d0)
        k2 = max(
            0.0, ((end - d0) * (a1 - a0) - (d1 - d0) * (far_db - a0)) / ((end - d0) * log(d1 / d0) - (d1 - d0) * q)
        )
        curved = start > 0 or k2 > 0
        if curved:
            k1 = (far_db - a0 - k2 * q) / (end - d0)
            if k1 < 0:
                k1, k2 = 0.0, max(far_db - a0, 0) / q
                k1 = slope if k2 == 0 else k1
    if not curved:
        k1, k2 = max(far_db - rays(d1), 0) / (end - d1), 0.0
        k1 = slope if k1 == 0 else k1
    return far_db - k1 * (end - link.far) - k2 * log(end / link.far)


def grown(d: float, rough: float) -> float:
    return (1 - 0.8 * exp(-d / 50e3)) * rough


def spread_of(rough: float) -> float:
    return 0.78 * rough * exp(-0.5 * rough**0.25)


def two_rays(d: float, link: Link, impedance: complex, slope: float, start: float) -> float:
    both = sum(link.effective)
    sine = both / sqrt(d**2 + both**2)
    bounce = (sine - impedance) / (sine + impedance) * exp(-min(10, link.wave * spread_of(grown(d, link.rough)) * sine))
    if abs(bounce) ** 2 < max(0.25, sine):
        bounce *= sqrt(sine) / abs(bounce)
    phase = 2 * link.wave * link.effective[0] * link.effective[1] / d
    phase = pi - (pi / 2) ** 2 / phase if phase > pi / 2 else phase
    rays = -20 * log10(abs(complex(cos(phase), -sin(phase)) + bounce))
    weight = 1 / (1 + link.mhz * link.rough / max(10e3, sum(link.smooth)))
    return weight * rays + (1 - weight) * (start + slope * d)


def diffraction(d: float, link: Link, impedance: complex) -> float:
    """Weigh two knife edges against the smooth earth (4.11)."""
    turn, beyond = d / link.radius - link.seen, d - link.reach
    edges = 0.0
    for horizon in link.horizon:
        v2 = link.wave * turn**2 * horizon * beyond / (beyond + horizon) * 0.0795775
        edges += 6.02 + 9.11 * sqrt(v2) - 1.27 * v2 if v2 < 5.76 else 12.953 + 10 * log10(v2)
    high = link.ends[0] * link.ends[1]
    c = 10 if link.known else 0
    ratio = sqrt(1 + (link.effective[0] * link.effective[1] - high) / (high + c))
    ratio += (link.reach - link.seen * link.radius) / d
    weight = 25.1 / (25.1 + sqrt(ratio * min(grown(d, link.rough) * link.wave, 6283.2)))
    deviation = spread_of(grown(sum(link.smooth), link.rough))
    clutter = min(15, 5 * log10(1 + 1e-5 * high * link.mhz * deviation))
    return weight * smooth_earth(turn, beyond, link, abs(impedance)) + (1 - weight) * edges + clutter


def smooth_earth(turn: float, beyond: float, link: Link, impedance: float) -> float:
    """Go round three radii (Vogler 1964)."""
    radii = [beyond / turn, *(d**2 / (2 * h) for d, h in zip(link.horizon, link.effective, strict=True))]
    lengths = [beyond, *link.horizon]
    total = gains = 0.0
    for part, (radius, length) in enumerate(zip(radii, lengths, strict=True)):
        c0 = (4 / 3 * EARTH_M / radius) ** (1 / 3)
        k = 0.017778 * c0 * link.mhz ** (-1 / 3) / impedance
        x = (1.607 - k) * c0**2 * link.mhz ** (1 / 3) * length / 1000
        total += x
        gains += height_gain(x, k) if part else 0
    return 0.05751 * total - 10 * log10(total) - gains - 20


def height_gain(x: float, k: float) -> float:
    if x >= 2000:
        return 0.05751 * x - 4.343 * log(x)
    near = 17.372 * log(x) - 117 if x > 1 else -117.0
    if x >= 200:
        weight = 0.0134 * x * exp(-0.005 * x)
        return (1 - weight) * (0.05751 * x - 4.343 * log(x)) + weight * near
    if k < 1e-5 or x * (-log(k)) ** 3 > 5495:
        return near
    return 2.5e-5 * x**2 / k + 8.686 * log(k) - 15


def scatter(d: float, link: Link, known: float | None) -> tuple[float | None, float | None]:
    """Give the loss by scatter and the frequency gain in it; None where it is not defined (4.63)."""
    gain = known
    if known is None or known <= 15:
        gain = frequency_gain(d, link)
        if gain is None:
            return None, known
        if gain > 15 and known is not None:
            gain = known
    turn = d / link.radius - link.seen
    place = turn * d
    a, b, c = ((133.4, 3.32e-4, -10), (104.6, 2.12e-4, -2.5), (71.8, 1.57e-4, 5))[(place > 10e3) + (place > 70e3)]
    fixed = a + b * place + c * log10(place) + 10 * log10(link.mhz * turn**4)
    assert gain is not None
    return fixed - 0.1 * (link.surface_n - 301) * exp(-place / 40e3) + gain, gain


def frequency_gain(d: float, link: Link) -> float | None:
    """Give H0 (TN 101, section 9.2)."""
    turn = sum(link.angle) + d / link.radius
    r1, r2 = (2 * link.wave * turn * height for height in link.effective)
    if max(r1, r2) < 0.2:
        return None
    apart = link.horizon[0] - link.horizon[1]
    ratio = link.effective[1] / link.effective[0]
    if apart < 0:
        apart, ratio = -apart, 1 / ratio
    s = (d - apart) / (d + apart)
    q = min(max(0.1, ratio / s), 10)
    cross = (d**2 - apart**2) * turn / (4 * d)
    eta = (
        cross
        / 1755.6
        * (1 + (0.031 - 2.32e-3 * link.surface_n + 5.67e-6 * link.surface_n**2) * exp(-(min(1.7, cross / 8000) ** 6)))
    )
    mean = (h_zero(r1, eta) + h_zero(r2, eta)) / 2
    gain = max(mean + min(mean, 6 * (0.6 - log10(max(eta, 1))) * log10(max(0.1, s)) * log10(q)), 0)
    if eta >= 1:
        return gain
    two = sqrt(2)
    none = 10 * log10(((1 + two / r1) * (1 + two / r2)) ** 2 * (r1 + r2) / (r1 + r2 + 2 * two))
    return eta * gain + (1 - eta) * none


def h_zero(r: float, eta: float) -> float:
    curves = [(25, 24), (80, 45), (177, 68), (395, 80), (705, 105)]
    at = [10 * log10(1 + a / r**4 + b / r**2) for a, b in curves]
    eta = min(max(eta, 1), 5)
    low = min(int(eta), 4)
    return at[low - 1] + (eta - low) * (at[low] - at[low - 1])


def deviate(share: float) -> float:
    if share > 0.5:
        return -deviate(1 - share)
    t = sqrt(-2 * log(share))
    return t - (2.515516 + 0.802853 * t + 0.010328 * t**2) / (1 + 1.432788 * t + 0.189269 * t**2 + 0.001308 * t**3)


def curve(row: tuple[float, ...], d: float) -> float:
    b1, b2, x1, x2, x3 = row
    return (b1 + b2 / (1 + ((d - x2) / x3) ** 2)) * ((d / x1) ** 2 / (1 + (d / x1) ** 2))


def varied(reference: float, link: Link, air: tuple[float, ...]) -> float:
    """Give the attenuation of the shares of time, location and situation (section 5)."""
    _, climate, mode, time, location, situation = air
    median, below, above, (c_d, z_d), low, high = CLIMATES[int(climate)]
    z_t, z_l, z_s = deviate(time / 100), deviate(location / 100), deviate(situation / 100)
    tens, kind = int(mode) // 10, int(mode) % 10
    z_t = z_s if kind == 0 else z_t
    z_l = {0: z_s, 1: z_s, 2: z_t, 3: z_l}[kind]
    equal = sum(sqrt(2 * 9e6 * h) for h in link.effective) + (575.7e12 / link.wave) ** (1 / 3)
    d = 130 * link.far / equal if link.far < equal else 130 + (link.far - equal) / 1000
    q = log(0.133 * link.wave)
    under = curve(below, d) * (low[0] + low[1] / ((low[2] * q) ** 2 + 1))
    over = curve(above, d) * (high[0] + high[1] / ((high[2] * q) ** 2 + 1))
    sigma_t = under if z_t < 0 else over if z_t <= z_d else c_d * over + (over - c_d * over) * z_d / z_t
    sigma_s = 0.0 if tens in {2, 3} else 5 + 3 * exp(-d / 100)
    waves = link.wave * grown(link.far, link.rough)
    sigma_l = 0.0 if tens in {1, 3} else 10 * waves / (waves + 13)
    y_t, y_l = sigma_t * z_t, sigma_l * z_l
    rest = sigma_s**2 + y_t**2 / (7.8 + z_s**2) + y_l**2 / (24 + z_s**2)
    result = (
        reference
        - curve(median, d)
        - {
            0: sqrt(sigma_t**2 + sigma_l**2 + rest) * z_s,
            1: y_t + sqrt(sigma_l**2 + rest) * z_s,
            2: sqrt(sigma_t**2 + sigma_l**2) * z_t + sqrt(rest) * z_s,
            3: y_t + y_l + sqrt(rest) * z_s,
        }[kind]
    )
    return result * (29 - result) / (29 - 10 * result) if result < 0 else result
