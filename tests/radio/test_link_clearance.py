"""How high an antenna must stand: closed forms, and the clearance that follows."""

from __future__ import annotations

import numpy as np
import pytest

from onemap.radio.fresnel import fresnel_clearance
from onemap.radio.link_clearance import needed_heights

LENGTH_M = 20_000.0


def straight(row: float, columns: float = 200.0, bend: float = 0.0) -> np.ndarray:
    return np.array([[[0.0, row], [columns / 2, row + bend], [columns, row]]])


def test_on_a_plain_with_equal_heights_the_middle_decides() -> None:
    plain = np.full((3, 201), 500.0)
    length = np.array([LENGTH_M])
    wavelength = 299_792_458.0 / 7e9
    wanted = LENGTH_M**2 / 4 / (2 * 4 / 3 * 6_371_000.0) + 0.6 * np.sqrt(wavelength * LENGTH_M / 4) + 3.0
    far = np.array([wanted])
    found = needed_heights(plain, straight(1.0), length, far_agl_m=far, frequency_mhz=7_000, room_m=3.0)
    assert found.height_agl_m == pytest.approx(wanted, abs=1e-6)
    assert found.obstacle_distance_m == pytest.approx(LENGTH_M / 2, abs=100)
    assert not found.has_void.any()


@pytest.mark.parametrize("seed", range(12))
def test_at_the_height_asked_for_the_zone_is_just_clear(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ground = rng.uniform(0, 60, (12, 201)) + 300
    ground[:, [0, -1]] += 40
    path = straight(5.0 + rng.uniform(-0.4, 0.4), bend=rng.uniform(-0.5, 0.5))
    found = needed_heights(ground, path, np.array([LENGTH_M]), far_agl_m=np.array([60.0]), frequency_mhz=15_000)
    share = np.linspace(0, 1, 40_001)
    column = share * 200.0
    row = path[0, 0, 1] + 4 * share * (1 - share) * (path[0, 1, 1] - path[0, 0, 1])
    left, top = np.minimum(column.astype(int), 199), row.astype(int)
    east, south = column - left, row - top
    upper = ground[top, left] * (1 - east) + ground[top, left + 1] * east
    height = upper * (1 - south) + (ground[top + 1, left] * (1 - east) + ground[top + 1, left + 1] * east) * south
    need_m = found.height_agl_m[0]
    clear = fresnel_clearance(share * LENGTH_M, height, (height[0] + max(need_m, 2.0), height[-1] + 60.0), 15_000)
    # 5 cm of ground between two samples, against a zone of 10 m, less near the ends.
    at = 1 + int(np.argmin(clear))
    zone_m = np.sqrt(299_792_458.0 / 15e9 * LENGTH_M * share[at] * (1 - share[at]))
    assert clear.min() >= 0.6 - 0.05 / zone_m - 1e-3
    if need_m > 2.0:
        assert clear.min() <= 0.6 + 0.05 / zone_m + 1e-3


def test_a_far_antenna_without_room_asks_for_what_cannot_be() -> None:
    found = needed_heights(
        np.zeros((3, 201)),
        straight(1.0),
        np.array([LENGTH_M]),
        far_agl_m=np.array([4.0]),
        frequency_mhz=15_000,
        room_m=6.0,
    )
    assert np.isinf(found.height_agl_m).all()


def test_voids_and_places_off_the_grid_are_told_apart_from_ground() -> None:
    ground = np.zeros((3, 201))
    ground[:, 100] = np.nan
    ask = {"far_agl_m": np.array([30.0]), "frequency_mhz": 15_000.0}
    holed = needed_heights(ground, straight(1.0), np.array([LENGTH_M]), **ask)
    assert holed.has_void.all()
    assert np.isfinite(holed.height_agl_m).all()
    off = needed_heights(ground, straight(1.0, columns=300.0), np.array([LENGTH_M]), **ask)
    assert off.has_void.all()
    assert np.isnan(off.height_agl_m).all()


def test_wrong_calls_are_refused() -> None:
    plain = np.zeros((3, 201))
    with pytest.raises(ValueError, match="agree in number"):
        needed_heights(plain, straight(1.0), np.array([1.0, 2.0]), far_agl_m=np.array([1.0]), frequency_mhz=1.0)
    with pytest.raises(ValueError, match="k_factor must be more than zero"):
        needed_heights(plain, straight(1.0), np.array([1.0]), far_agl_m=np.array([1.0]), frequency_mhz=1.0, k_factor=0)
