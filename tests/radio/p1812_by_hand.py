"""P.1812 a second time, written for reading: lists of points, one function a section, nothing shared with onemap.

It follows the sections of ITU-R P.1812-8 in their order, with whatever loops come to mind first. Slow, uncompiled, and the
witness against which the kernels are held over the whole range of their arguments.
"""

# ruff: noqa: PLR0917 (formulas have as many arguments as they have)

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import acos, atan, cos, exp, inf, log, log10, pi, sqrt, tanh

SEA, COAST, INLAND = 1, 3, 4


@dataclass(frozen=True)
class Path:
    """Points of one path: kilometres, metres above the sea, metres of clutter, zones."""

    d: list[float]
    h: list[float]
    r: list[float]
    zone: list[int]


@dataclass(frozen=True)
class Terms:
    """What is asked of it; the names of the Recommendation."""

    f: float
    htg: float
    hrg: float
    pol: int
    p: float
    pl: float
    sigma: float
    phi: float
    dn: float
    n0: float
    dct: float
    dcr: float


def basic_loss(path: Path, of: Terms) -> float:
    """Give Lb."""
    ae, ab = 157 * 6371 / (157 - of.dn), 3 * 6371.0
    far = path.d[-1]
    hts, hrs = path.h[0] + of.htg, path.h[-1] + of.hrg
    omega, dtm, dlm = zones(path)
    b0, tau = beta_zero(of.phi, dtm, dlm)
    hst, hsr, hstd, hsrd = smooth_surfaces(path, hts, hrs)
    theta_t, theta_r, dlt, dlr, it, ir = horizons(path, hts, hrs, ae)
    theta = 1000 * far / ae + theta_t + theta_r
    # 4.2: free space and multipath focusing, equations 8 to 11
    lbfs = 92.4 + 20 * log10(of.f) + 10 * log10(far**2 + ((hts - hrs) / 1000) ** 2)
    focusing = {q: 2.6 * (1 - exp(-0.1 * (dlt + dlr))) * log10(q / 50) for q in (of.p, b0)}
    lb0p, lb0b = lbfs + focusing[of.p], lbfs + focusing[b0]
    # 4.3: diffraction, equations 12 to 41
    ld50, ldb = (delta_bullington(path, of, (hts, hrs), (hts - hstd, hrs - hsrd), omega, a) for a in (ae, ab))
    fi = deviate(of.p / 100) / deviate(b0 / 100) if of.p > b0 else 1.0
    ldp = ld50 if of.p == 50 else ld50 + fi * (ldb - ld50)
    # 4.4: scatter, equations 44 and 45
    lbs = 190.1 + 25 * log10(of.f) - 2.5 * log10(of.f / 2) ** 2 + 20 * log10(far) + 0.573 * theta - 0.15 * of.n0
    lbs -= 10.125 * log10(50 / of.p) ** 0.7
    lba = ducting(path, of, (hts, hrs, hst, hsr), (theta_t, theta_r, dlt, dlr, it, ir), (omega, b0, tau, ae))
    # 4.6: all together, equations 57 to 63
    fj = 1 - 0.5 * (1 + tanh(2.4 * (theta - 0.3) / 0.3))
    fk = 1 - 0.5 * (1 + tanh(1.5 * (far - 20) / 20))
    lbd50, lbd = lbfs + ld50, lb0p + ldp
    lmin = lb0p + (1 - omega) * ldp if of.p < b0 else lbd50 + (lb0b + (1 - omega) * ldp - lbd50) * fi
    lmina = 2.5 * sum_of_powers(lba / 2.5, lb0p / 2.5)
    lbda = lbd if lmina > lbd else lmina + (lbd - lmina) * fk
    lbam = lbda + (lmin - lbda) * fj
    decades = log(10) * 0.2
    lbc = -5 / log(10) * sum_of_powers(-decades * lbs, -decades * lbam)
    # 4.7 and 4.8: locations, equation 69
    spread = 0.0 if path.zone[-1] == SEA else of.sigma
    return max(lb0p, lbc - deviate(of.pl / 100) * spread)


def sum_of_powers(one: float, other: float) -> float:
    """Give ln(exp(one) + exp(other)) where the powers themselves are too large or too small."""
    return max(one, other) + log(1 + exp(min(one, other) - max(one, other)))


def deviate(x: float) -> float:
    """Give I(x): positive below one half."""
    x = min(max(x, 1e-6), 1 - 1e-6)
    if x > 0.5:
        return -deviate(1 - x)
    t = sqrt(-2 * log(x))
    return t - (2.515516698 + 0.802853 * t + 0.010328 * t**2) / (1 + 1.432788 * t + 0.189269 * t**2 + 0.001308 * t**3)


def zones(path: Path) -> tuple[float, float, float]:
    """Give the share over the sea, the longest stretch of land and of inland."""
    cuts = [path.d[0], *((a + b) / 2 for a, b in pairwise(path.d)), path.d[-1]]
    lengths = [b - a for a, b in pairwise(cuts)]
    stretches = {SEA: [0.0], COAST: [0.0], INLAND: [0.0]}
    for kinds, key in (((SEA,), SEA), ((COAST, INLAND), COAST), ((INLAND,), INLAND)):
        for length, zone in zip(lengths, path.zone, strict=True):
            if zone in kinds:
                stretches[key][-1] += length
            else:
                stretches[key].append(0.0)
    return sum(stretches[SEA]) / path.d[-1], max(stretches[COAST]), max(stretches[INLAND])


def beta_zero(phi: float, dtm: float, dlm: float) -> tuple[float, float]:
    """Give b0 in percent, and tau: equations 2 to 5."""
    tau = 1 - exp(-(4.12e-4 * dlm**2.41))
    mu1 = min((10 ** (-dtm / (16 - 6.6 * tau)) + 10 ** (-(2.48 + 1.77 * tau))) ** 0.2, 1)
    if abs(phi) <= 70:
        return 10 ** (-0.015 * abs(phi) + 1.67) * mu1 * mu1 ** (-0.935 + 0.0176 * abs(phi)), tau
    return 4.17 * mu1 * mu1**0.3, tau


def smooth_surfaces(path: Path, hts: float, hrs: float) -> tuple[float, float, float, float]:
    """Give the smooth heights at both ends for ducting, then for diffraction: equations 85 to 91."""
    v1 = v2 = 0.0
    for (a, b), (low, high) in zip(pairwise(path.d), pairwise(path.h), strict=True):
        v1 += (b - a) * (low + high)
        v2 += (b - a) * (high * (2 * b + a) + low * (b + 2 * a))
    far = path.d[-1]
    hst, hsr = (2 * v1 * far - v2) / far**2, (v2 - v1 * far) / far**2
    inner = list(zip(path.d, path.h, strict=True))[1:-1]
    over = [h - (hts * (far - d) + hrs * d) / far for d, h in inner]
    hobs = max(over)
    at = max(high / d for high, (d, _) in zip(over, inner, strict=True))
    ar = max(high / (far - d) for high, (d, _) in zip(over, inner, strict=True))
    less_t, less_r = (hobs * at / (at + ar), hobs * ar / (at + ar)) if hobs > 0 else (0.0, 0.0)
    first, last = path.h[0], path.h[-1]
    return min(hst, first), min(hsr, last), min(hst - less_t, first), min(hsr - less_r, last)


def horizons(path: Path, hts: float, hrs: float, ae: float) -> tuple[float, float, float, float, int, int]:
    """Give angles in milliradians, distances and points of both horizons: equations 76 to 82."""
    far, inner = path.d[-1], range(1, len(path.d) - 1)

    def angle(from_m: float, to_m: float, away_km: float) -> float:
        return 1000 * atan((to_m - from_m) / (1000 * away_km) - away_km / (2 * ae))

    ahead = {i: angle(hts, path.h[i], path.d[i]) for i in inner}
    if max(ahead.values()) > angle(hts, hrs, far):
        back = {i: angle(hrs, path.h[i], far - path.d[i]) for i in inner}
        it = min(i for i in inner if ahead[i] == max(ahead.values()))
        ir = max(i for i in inner if back[i] == max(back.values()))
        return ahead[it], back[ir], path.d[it], far - path.d[ir], it, ir
    nus = {i: nu_at(path.d[i], path.h[i], (far, hts, hrs), ae, 1.0) for i in inner}
    near = max(i for i in inner if nus[i] == max(nus.values()))
    return angle(hts, hrs, far), angle(hrs, hts, far), path.d[near], far - path.d[near], near, near


def nu_at(d: float, height: float, ends: tuple[float, float, float], a: float, wavelength: float) -> float:
    """Give the diffraction parameter of a point: equation 16."""
    far, ht, hr = ends
    over = height + 500 / a * d * (far - d) - (ht * (far - d) + hr * d) / far
    return over * sqrt(0.002 * far / (wavelength * d * (far - d)))


def bullington(d: list[float], q: list[float], ends: tuple[float, float, float], a: float, wavelength: float) -> float:
    """Give the loss over a profile: equations 13 to 21."""
    far, ht, hr = ends
    inner = list(zip(d, q, strict=True))[1:-1]
    bulged = [(x, y + 500 / a * x * (far - x)) for x, y in inner]
    stim = max((y - ht) / x for x, y in bulged)
    if stim < (hr - ht) / far:
        nu = max(nu_at(x, y, ends, a, wavelength) for x, y in inner)
    else:
        srim = max((y - hr) / (far - x) for x, y in bulged)
        edge = (hr - ht + srim * far) / (stim + srim)
        nu = nu_at(edge, ht + stim * edge, ends, inf, wavelength)
    j = 0.0 if nu <= -0.78 else 6.9 + 20 * log10(sqrt((nu - 0.1) ** 2 + 1) + nu - 0.1)
    return j + (1 - exp(-j / 6)) * (10 + 0.02 * far)


def delta_bullington(
    path: Path, of: Terms, over_sea: tuple[float, float], over_smooth: tuple[float, float], omega: float, a: float
) -> float:
    """Give Ld of one radius of the earth: equations 39 and 1."""
    surface = [h + r for h, r in zip(path.h, path.r, strict=True)]
    surface[0], surface[-1] = path.h[0], path.h[-1]
    far, wavelength = path.d[-1], 0.2998 / of.f
    actual = bullington(path.d, surface, (far, *over_sea), a, wavelength)
    smooth = bullington(path.d, [0.0] * len(path.d), (far, *over_smooth), a, wavelength)
    return actual + max(spherical(far, over_smooth, omega, a, of) - smooth, 0.0)


def spherical(far: float, heights: tuple[float, float], omega: float, a: float, of: Terms) -> float:
    """Give Ldsph: equations 22 to 27."""
    ht, hr = heights
    if far >= sqrt(2 * a) * (sqrt(0.001 * ht) + sqrt(0.001 * hr)):
        return first_term(far, heights, omega, a, of)
    c, m = (ht - hr) / (ht + hr), 250 * far**2 / (a * (ht + hr))
    turn = acos(min(max(1.5 * c * sqrt(3 * m / (m + 1) ** 3), -1), 1))
    b = 2 * sqrt((m + 1) / (3 * m)) * cos(pi / 3 + turn / 3)
    d1, d2 = far / 2 * (1 + b), far - far / 2 * (1 + b)
    hse = ((ht - 500 * d1**2 / a) * d2 + (hr - 500 * d2**2 / a) * d1) / far
    hreq = 17.456 * sqrt(d1 * d2 * 0.2998 / of.f / far)
    if hse > hreq:
        return 0.0
    loss = first_term(far, heights, omega, 500 * (far / (sqrt(ht) + sqrt(hr))) ** 2, of)
    return 0.0 if loss < 0 else (1 - hse / hreq) * loss


def first_term(far: float, heights: tuple[float, float], omega: float, a: float, of: Terms) -> float:
    """Give Ldft: equations 28 to 36."""
    total = 0.0
    for share, eps, conductivity in ((omega, 80.0, 5.0), (1 - omega, 22.0, 0.003)):
        loss = 18 * conductivity / of.f
        k = 0.036 * (a * of.f) ** (-1 / 3) * ((eps - 1) ** 2 + loss**2) ** (-1 / 4)
        k = k * (eps**2 + loss**2) ** (1 / 2) if of.pol == 2 else k
        beta = (1 + 1.6 * k**2 + 0.67 * k**4) / (1 + 4.5 * k**2 + 1.53 * k**4)
        x = 21.88 * beta * (of.f / a**2) ** (1 / 3) * far
        fx = 11 + 10 * log10(x) - 17.6 * x if x >= 1.6 else -20 * log10(x) - 5.6488 * x**1.425
        gains = 0.0
        for height in heights:
            y = beta * 0.9575 * beta * (of.f**2 / a) ** (1 / 3) * height
            above = 17.6 * sqrt(y - 1.1) - 5 * log10(y - 1.1) - 8 if y > 2 else 20 * log10(y + 0.1 * y**3)
            gains += max(above, 2 + 20 * log10(k))
        total += share * (-fx - gains)
    return total


def ducting(
    path: Path,
    of: Terms,
    heights: tuple[float, float, float, float],
    horizon: tuple[float, float, float, float, int, int],
    air: tuple[float, float, float, float],
) -> float:
    """Give Lba: equations 46 to 56 and 93."""
    hts, hrs, hst, hsr = heights
    theta_t, theta_r, dlt, dlr, it, ir = horizon
    omega, b0, tau, ae = air
    far, f = path.d[-1], of.f
    af = 102.45 + 20 * log10(f) + 20 * log10(dlt + dlr) + (45.375 - 137 * f + 92.5 * f**2 if f < 0.5 else 0)
    ends = ((theta_t, dlt, of.dct, hts, path.zone[0]), (theta_r, dlr, of.dcr, hrs, path.zone[-1]))
    for theta, dl, coast, amsl, zone in ends:
        dc = 0.0 if zone == SEA else coast
        if theta - 0.1 * dl > 0:
            af += 20 * log10(1 + 0.361 * (theta - 0.1 * dl) * sqrt(f * dl)) + 0.264 * (theta - 0.1 * dl) * f ** (1 / 3)
        if omega >= 0.75 and dc <= dl and dc <= 5:
            af -= 3 * exp(-0.25 * dc**2) * (1 + tanh(0.07 * (50 - amsl)))
    bent = 1000 * far / ae + min(theta_t, 0.1 * dlt) + min(theta_r, 0.1 * dlr)
    hte, hre = hts - hst, hrs - hsr
    alpha = max(-0.6 - 3.5e-9 * far**3.1 * tau, -3.4)
    mu2 = min((500 / ae * far**2 / (sqrt(hte) + sqrt(hre)) ** 2) ** alpha, 1)
    hm = max(path.h[i] - (hst + (hsr - hst) / far * path.d[i]) for i in range(it, ir + 1))
    mu3 = exp(-4.6e-5 * (hm - 10) * (43 + 6 * min(far - dlt - dlr, 40))) if hm > 10 else 1.0
    beta = b0 * mu2 * mu3
    lb = log10(beta) if beta > 1e-300 else -300.0
    gamma = 1.076 / (2.0058 - lb) ** 1.012 * exp(-(9.51 - 4.8 * lb + 0.198 * lb**2) * 1e-6 * far**1.13)
    over = log10(of.p) - lb
    return af + 5e-5 * ae * f ** (1 / 3) * bent - 12 + (1.2 + 0.0037 * far) * over + 12 * 10 ** (gamma * over)
