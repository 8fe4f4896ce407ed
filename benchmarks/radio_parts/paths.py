"""P.1812 on paths of 667 points, heights taken from a grid on the way, against the same method in plain numpy.

Synthetic terrain (seeded), cells of 30 m, paths of 20 km from forty masts in all directions, 2.6 GHz, half of the time.
Processor time of one thread, shortest of seven rounds. The plain version follows the Recommendation line by line with
whole arrays, both radii of the earth included, as it computes any share of the time; it is check and yardstick in one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import numba
import numpy as np
from numpy.typing import NDArray

from onemap.analyses.coverage.ground_profile import ground_under
from onemap.radio.p1812 import SLOTS, effective_radius, path_loss, trace_even_median, trace_even_path

PATHS, MASTS, PLAIN_PATHS, STEPS, CELL_KM, SIZE = 4_000, 40, 60, 666, 0.03, 2_000
MAST_M, PHONE_M, FREQUENCY_GHZ, DELTA_N, N0, LATITUDE_DEG = 30.0, 1.5, 2.6, 40.0, 325.0, 35.0
MOST_MICROSECONDS, LEAST_RATIO = 25.0, 75.0

Floats = NDArray[np.float64]


def measure() -> Iterator[str]:
    """Yield a line for each measurement."""
    rng = np.random.default_rng(20260101)
    for name, heights in (("mountains", _terrain(rng, 400.0)), ("rolling", _terrain(rng, 30.0))):
        paths = _paths(rng)
        found = np.empty(PATHS)
        each_s = _best(lambda: _by_kernel(heights, paths, 50.0, found)) / PATHS  # noqa: B023
        rare_s = _best(lambda: _by_kernel(heights, paths, 10.0, np.empty(PATHS))) / PATHS  # noqa: B023
        sample_s = _best(lambda: _sampling(heights, paths)) / PATHS  # noqa: B023
        loss_s = _best(lambda: _further_bands(heights, paths[0], PATHS)) / PATHS  # noqa: B023
        begin = time.thread_time()
        plain = np.array([_by_numpy(heights, path) for path in paths[:PLAIN_PATHS]])
        plain_s = (time.thread_time() - begin) / PLAIN_PATHS
        worst_db = np.abs(plain - found[:PLAIN_PATHS]).max()
        assert worst_db < 1e-6, worst_db
        yield (
            f"P.1812, 667 points, {name}: {each_s * 1e6:.1f} µs a path at 50 % of the time ({sample_s * 1e6:.1f} of it "
            f"sampling), {rare_s * 1e6:.1f} at 10 %, {loss_s * 1e6:.2f} for a further band; "
            f"plain numpy {plain_s * 1e6:.0f} µs, ratio {plain_s / each_s:.0f}; worst difference {worst_db:.0e} dB"
        )
        assert each_s * 1e6 <= MOST_MICROSECONDS
        assert plain_s / each_s >= LEAST_RATIO


def _terrain(rng: np.random.Generator, height_m: float) -> NDArray[np.float32]:
    """Make hills with detail at every size."""
    noise = np.fft.rfft2(rng.normal(size=(SIZE, SIZE)))
    across, down = np.fft.rfftfreq(SIZE), np.fft.fftfreq(SIZE)
    noise /= (np.hypot(across[None, :], down[:, None]) + 1.0 / SIZE) ** 1.8
    hills = np.fft.irfft2(noise, s=(SIZE, SIZE))
    return (1_000.0 + height_m * hills / hills.std()).astype(np.float32)


def _paths(rng: np.random.Generator) -> Floats:
    """Give start, middle and end of straight paths."""
    angle = rng.uniform(0, 2 * np.pi, PATHS)
    masts = rng.uniform(STEPS + 1, SIZE - STEPS - 2, (MASTS, 2))
    start = masts.repeat(PATHS // MASTS, axis=0)
    end = start + STEPS * np.column_stack([np.cos(angle), np.sin(angle)])
    return np.column_stack([start, (start + end) / 2, end])


def _best(call, rounds: int = 7) -> float:  # type: ignore[no-untyped-def]
    """Give the shortest of some rounds, the first of all left out."""
    call()
    times = []
    for _ in range(rounds):
        begin = time.thread_time()
        call()
        times.append(time.thread_time() - begin)
    return min(times)


@numba.njit(nogil=True)
def _by_kernel(heights, paths, time_percent, found):  # type: ignore[no-untyped-def]
    geometry, ground_m = np.empty(SLOTS), np.empty(STEPS + 1)
    radius_km = effective_radius(DELTA_N)
    for number in range(paths.shape[0]):
        path = paths[number]
        ground_under(heights, (path[0], path[1], path[2], path[3], path[4], path[5]), STEPS, ground_m)
        if time_percent >= 50.0:
            trace_even_median(CELL_KM, ground_m, ground_m[:0], STEPS + 1, MAST_M, PHONE_M, radius_km, geometry)
        else:
            trace_even_path(CELL_KM, ground_m, ground_m[:0], STEPS + 1, MAST_M, PHONE_M, radius_km, geometry)
        lbc_db, lb0p_db = path_loss(geometry, FREQUENCY_GHZ, 1, time_percent, DELTA_N, N0, LATITUDE_DEG, 500.0, 500.0)
        found[number] = max(lbc_db, lb0p_db)


@numba.njit(nogil=True)
def _sampling(heights, paths):  # type: ignore[no-untyped-def]
    ground_m, total = np.empty(STEPS + 1), 0.0
    for number in range(paths.shape[0]):
        path = paths[number]
        ground_under(heights, (path[0], path[1], path[2], path[3], path[4], path[5]), STEPS, ground_m)
        total += ground_m[number % STEPS]
    return total


@numba.njit(nogil=True)
def _further_bands(heights, path, count):  # type: ignore[no-untyped-def]
    geometry, ground_m, total = np.empty(SLOTS), np.empty(STEPS + 1), 0.0
    ground_under(heights, (path[0], path[1], path[2], path[3], path[4], path[5]), STEPS, ground_m)
    radius_km = effective_radius(DELTA_N)
    trace_even_median(CELL_KM, ground_m, ground_m[:0], STEPS + 1, MAST_M, PHONE_M, radius_km, geometry)
    for number in range(count):
        total += path_loss(geometry, 0.7 + 1e-6 * number, 1, 50.0, DELTA_N, N0, LATITUDE_DEG, 500.0, 500.0)[0]
    return total


def _by_numpy(heights: NDArray[np.float32], path: Floats) -> float:
    """Compute the loss on one path as the Recommendation writes it."""
    d, h = _profile(heights, path)
    D, hts, hrs = d[-1], h[0] + MAST_M, h[-1] + PHONE_M
    ae, ab = 6371 * 157 / (157 - DELTA_N), 3 * 6371.0
    zone = np.full(len(d), 4)
    dlm, dtm = _longest(d, zone == 4), _longest(d, zone != 1)
    tau = 1 - np.exp(-4.12e-4 * dlm**2.41)
    mu1 = min((10 ** (-dtm / (16 - 6.6 * tau)) + 10 ** (-5 * (0.496 + 0.354 * tau))) ** 0.2, 1)
    b0 = 10 ** (-0.015 * LATITUDE_DEG + 1.67) * mu1 * mu1 ** (-0.935 + 0.0176 * LATITUDE_DEG)
    ends = _smooth_ends(d, h, hts, hrs)
    horizons = _horizons(d, h, hts, hrs, ae)
    ld = [_delta_bullington(d, h, (hts, hrs), ends, radius) for radius in (ae, ab)]
    return _combined((D, hts, hrs), (h, d, ends, horizons), ld, (b0, tau, ae))


def _profile(heights: NDArray[np.float32], path: Floats) -> tuple[Floats, Floats]:
    """Take the heights under a straight path bilinearly."""
    share = np.linspace(0, 1, STEPS + 1)
    column, row = path[0] + share * (path[4] - path[0]), path[1] + share * (path[5] - path[1])
    left, top = np.floor(column).astype(int), np.floor(row).astype(int)
    east, south = column - left, row - top
    upper = heights[top, left] * (1 - east) + heights[top, left + 1] * east
    lower = heights[top + 1, left] * (1 - east) + heights[top + 1, left + 1] * east
    return np.arange(STEPS + 1) * CELL_KM, upper * (1 - south) + lower * south


def _longest(d: Floats, inside: NDArray[np.bool_]) -> float:
    """Give the longest stretch; every point owns the half-intervals beside it."""
    longest = run = 0.0
    for i in range(len(d)):
        own = (d[min(i + 1, len(d) - 1)] - d[max(i - 1, 0)]) / 2
        run = run + own if inside[i] else 0.0
        longest = max(longest, run)
    return longest


def _smooth_ends(d: Floats, h: Floats, hts: float, hrs: float) -> tuple[float, float, float, float]:
    """Give the smooth surface for diffraction and for ducting under both ends."""
    D = d[-1]
    v1 = np.sum(np.diff(d) * (h[1:] + h[:-1]))
    v2 = np.sum(np.diff(d) * (h[1:] * (2 * d[1:] + d[:-1]) + h[:-1] * (d[1:] + 2 * d[:-1])))
    hst, hsr = (2 * v1 * D - v2) / D**2, (v2 - v1 * D) / D**2
    over = h - (hts * (D - d) + hrs * d) / D
    hobs, at, ar = over[1:-1].max(), (over[1:-1] / d[1:-1]).max(), (over[1:-1] / (D - d[1:-1])).max()
    lower = (hobs * at / (at + ar), hobs * ar / (at + ar)) if hobs > 0 else (0, 0)
    return min(hst - lower[0], h[0]), min(hsr - lower[1], h[-1]), min(hst, h[0]), min(hsr, h[-1])


def _horizons(d: Floats, h: Floats, hts: float, hrs: float, ae: float) -> tuple[float, ...]:  # noqa: PLR0917
    """Give the angles of both horizons, their distances, and the roughness-bounding indices."""
    D, di, hi = d[-1], d[1:-1], h[1:-1]
    theta = 1000 * np.arctan((hi - hts) / (1000 * di) - di / (2 * ae))
    theta_td = 1000 * math.atan((hrs - hts) / (1000 * D) - D / (2 * ae))
    if theta.max() > theta_td:
        back = 1000 * np.arctan((hi - hrs) / (1000 * (D - di)) - (D - di) / (2 * ae))
        t, r = int(np.argmax(theta)), len(back) - 1 - int(np.argmax(back[::-1]))
        return theta[t], back[r], di[t], D - di[r], t
    nu = (hi + 500 / ae * di * (D - di) - (hts * (D - di) + hrs * di) / D) * np.sqrt(0.002 * D / (di * (D - di)))
    t = len(nu) - 1 - int(np.argmax(nu[::-1]))
    return theta_td, 1000 * math.atan((hts - hrs) / (1000 * D) - D / (2 * ae)), di[t], D - di[t], t


def _bullington(d: Floats, g: Floats, ht: float, hr: float, radius: float) -> float:  # noqa: PLR0917
    """Give the Bullington loss of a profile."""
    D, di, gi, wave = d[-1], d[1:-1], g[1:-1], 0.2998 / FREQUENCY_GHZ
    raised = gi + 500 / radius * di * (D - di)
    stim = ((raised - ht) / di).max()
    if stim < (hr - ht) / D:
        nu = ((raised - (ht * (D - di) + hr * di) / D) * np.sqrt(0.002 * D / (wave * di * (D - di)))).max()
    else:
        srim = ((raised - hr) / (D - di)).max()
        db = (hr - ht + srim * D) / (stim + srim)
        nu = (ht + stim * db - (ht * (D - db) + hr * db) / D) * math.sqrt(0.002 * D / (wave * db * (D - db)))
    j = 6.9 + 20 * math.log10(math.sqrt((nu - 0.1) ** 2 + 1) + nu - 0.1) if nu > -0.78 else 0.0
    return j + (1 - math.exp(-j / 6)) * (10 + 0.02 * D)


def _delta_bullington(  # noqa: PLR0917
    d: Floats, h: Floats, ends_m: tuple[float, float], smooth: tuple[float, float, float, float], radius: float
) -> float:
    """Give the diffraction loss at one radius of the earth."""
    ht, hr = ends_m[0] - smooth[0], ends_m[1] - smooth[1]
    actual = _bullington(d, h, *ends_m, radius)
    flat = _bullington(d, np.zeros(len(d)), ht, hr, radius)
    return actual + max(_spherical(d[-1], ht, hr, radius) - flat, 0)


def _spherical(D: float, ht: float, hr: float, a: float) -> float:  # noqa: N803
    """Give the loss round the smooth earth."""
    if math.sqrt(2 * a) * (math.sqrt(0.001 * ht) + math.sqrt(0.001 * hr)) <= D:
        return _first_term(D, ht, hr, a)
    c, m = (ht - hr) / (ht + hr), 250 * D**2 / (a * (ht + hr))
    inner = math.acos(max(-1, min(1, 1.5 * c * math.sqrt(3 * m / (m + 1) ** 3))))
    b = 2 * math.sqrt((m + 1) / (3 * m)) * math.cos(math.pi / 3 + inner / 3)
    d1 = D * (1 + b) / 2
    d2 = D - d1
    hse = ((ht - 500 * d1**2 / a) * d2 + (hr - 500 * d2**2 / a) * d1) / D
    hreq = 17.456 * math.sqrt(d1 * d2 * 0.2998 / FREQUENCY_GHZ / D)
    if hse > hreq:
        return 0.0
    loss = _first_term(D, ht, hr, 500 * (D / (math.sqrt(ht) + math.sqrt(hr))) ** 2)
    return (1 - hse / hreq) * loss if loss > 0 else 0.0


def _first_term(D: float, ht: float, hr: float, a: float) -> float:  # noqa: N803
    """Give the first term over land, horizontally polarised."""
    f = FREQUENCY_GHZ
    K = 0.036 * (a * f) ** (-1 / 3) * (21**2 + (18 * 0.003 / f) ** 2) ** -0.25
    beta = (1 + 1.6 * K**2 + 0.67 * K**4) / (1 + 4.5 * K**2 + 1.53 * K**4)
    X = 21.88 * beta * (f / a**2) ** (1 / 3) * D
    F = 11 + 10 * math.log10(X) - 17.6 * X if X >= 1.6 else -20 * math.log10(X) - 5.6488 * X**1.425
    gains = 0.0
    for height in (ht, hr):
        B = beta * 0.9575 * beta * (f**2 / a) ** (1 / 3) * height
        G = 17.6 * math.sqrt(B - 1.1) - 5 * math.log10(B - 1.1) - 8 if B > 2 else 20 * math.log10(B + 0.1 * B**3)
        gains += max(G, 2 + 20 * math.log10(K))
    return -F - gains


def _combined(ends, profile, ld, air) -> float:  # type: ignore[no-untyped-def]
    """Join diffraction, ducting and scatter at half of the time."""
    (D, hts, hrs), (h, d, smooth, (theta_t, theta_r, dlt, dlr, _)), (b0, tau, ae) = ends, profile, air
    f = FREQUENCY_GHZ
    theta = 1000 * D / ae + theta_t + theta_r
    m = (smooth[3] - smooth[2]) / D
    between = (d >= dlt - 1e-9) & (d <= D - dlr + 1e-9)
    hm = (h[between] - (smooth[2] + m * d[between])).max()
    lbfs = 92.4 + 20 * math.log10(f) + 10 * math.log10(D**2 + ((hts - hrs) / 1000) ** 2)
    lb0b = lbfs + 2.6 * (1 - math.exp(-0.1 * (dlt + dlr))) * math.log10(b0 / 50)
    lbs = 190.1 + 25 * math.log10(f) - 2.5 * math.log10(f / 2) ** 2 + 20 * math.log10(D) + 0.573 * theta - 0.15 * N0
    shields = 0.0
    for angle, far in ((theta_t - 0.1 * dlt, dlt), (theta_r - 0.1 * dlr, dlr)):
        if angle > 0:
            shields += 20 * math.log10(1 + 0.361 * angle * math.sqrt(f * far)) + 0.264 * angle * f ** (1 / 3)
    af = 102.45 + 20 * math.log10(f) + 20 * math.log10(dlt + dlr) + shields
    bent = 1000 * D / ae + min(theta_t, 0.1 * dlt) + min(theta_r, 0.1 * dlr)
    roots = math.sqrt(hts - smooth[2]) + math.sqrt(hrs - smooth[3])
    mu2 = min(1, (500 / ae * D**2 / roots**2) ** max(-0.6 - 3.5e-9 * D**3.1 * tau, -3.4))
    mu3 = math.exp(-4.6e-5 * (hm - 10) * (43 + 6 * min(D - dlt - dlr, 40))) if hm > 10 else 1.0
    lb = math.log10(b0 * mu2 * mu3)
    gamma = 1.076 / (2.0058 - lb) ** 1.012 * math.exp(-(9.51 - 4.8 * lb + 0.198 * lb**2) * 1e-6 * D**1.13)
    ratio = 50 / (b0 * mu2 * mu3)
    lba = af + 5e-5 * ae * f ** (1 / 3) * bent - 12 + (1.2 + 0.0037 * D) * math.log10(ratio) + 12 * ratio**gamma
    fj = 1 - 0.5 * (1 + math.tanh(2.4 * (theta - 0.3) / 0.3))
    fk = 1 - 0.5 * (1 + math.tanh(1.5 * (D - 20) / 20))
    lbd = lbfs + ld[0]
    lmin = lbd + (lb0b + ld[0] - lbd) * (_deviate(0.5) / _deviate(b0 / 100))
    lminap = max(lba, lbfs) + 2.5 * math.log(1 + math.exp(-abs(lba - lbfs) / 2.5))
    lbda = lbd if lminap > lbd else lminap + (lbd - lminap) * fk
    lbam = lbda + (lmin - lbda) * fj
    return max(lbfs, min(lbs, lbam) - 5 * math.log10(1 + 10 ** (-0.2 * abs(lbs - lbam))))


def _deviate(x: float) -> float:
    """Approximate the inverse normal distribution."""
    t = math.sqrt(-2 * math.log(x))
    upper = (0.010328 * t + 0.802853) * t + 2.515516698
    return t - upper / (((0.001308 * t + 0.189269) * t + 1.432788) * t + 1)
