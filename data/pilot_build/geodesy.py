# ruff: noqa: E501, PLR0917 (rows of values read best unbroken; a place is x, y)
"""The generator's own formulas of geodesy, written out so that they owe nothing to PROJ or to onemap.

All functions work on arrays; angles are degrees unless the name says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ARCSEC = np.pi / 180 / 3600


@dataclass(frozen=True)
class Ellipsoid:
    """An ellipsoid of revolution: semi-major axis in metres and inverse flattening."""

    a: float
    inverse_flattening: float

    @property
    def e2(self):
        f = 1 / self.inverse_flattening
        return f * (2 - f)


CGCS2000 = Ellipsoid(6378137.0, 298.257222101)
IAG1975 = Ellipsoid(6378140.0, 298.257)  # Xi'an 1980


@dataclass(frozen=True)
class SevenParameters:
    """A Helmert transformation; angles in arc seconds, scale in parts per million, by the named rotation convention."""

    method: str
    tx_m: float
    ty_m: float
    tz_m: float
    rx_arcsec: float
    ry_arcsec: float
    rz_arcsec: float
    scale_ppm: float
    accuracy_m: float


# Invented for the pilot: Xi'an 1980 to CGCS2000 of the fictional county. Real parameters are classified and local.
XIAN80_TO_CGCS2000 = SevenParameters("coordinate frame", -14.378, 121.65, 47.213, 0.713, -0.482, 1.164, -2.315, 0.3)


# --- Gauss-Krueger: Krueger's series in the third flattening n, to n^6 (Karney 2011, eqs. 7-12, 35, 36) ---------------

_FORWARD = (
    (1 / 2, -2 / 3, 5 / 16, 41 / 180, -127 / 288, 7891 / 37800),
    (0, 13 / 48, -3 / 5, 557 / 1440, 281 / 630, -1983433 / 1935360),
    (0, 0, 61 / 240, -103 / 140, 15061 / 26880, 167603 / 181440),
    (0, 0, 0, 49561 / 161280, -179 / 168, 6601661 / 7257600),
    (0, 0, 0, 0, 34729 / 80640, -3418889 / 1995840),
    (0, 0, 0, 0, 0, 212378941 / 319334400),
)
_INVERSE = (
    (1 / 2, -2 / 3, 37 / 96, -1 / 360, -81 / 512, 96199 / 604800),
    (0, 1 / 48, 1 / 15, -437 / 1440, 46 / 105, -1118711 / 3870720),
    (0, 0, 17 / 480, -37 / 840, -209 / 4480, 5569 / 90720),
    (0, 0, 0, 4397 / 161280, -11 / 504, -830251 / 7257600),
    (0, 0, 0, 0, 4583 / 161280, -108847 / 3991680),
    (0, 0, 0, 0, 0, 20648693 / 638668800),
)


def _series(table, ellipsoid):
    f = 1 / ellipsoid.inverse_flattening
    n = f / (2 - f)
    radius = ellipsoid.a / (1 + n) * (1 + n**2 / 4 + n**4 / 64 + n**6 / 256)
    return radius, [sum(c * n ** (k + 1) for k, c in enumerate(row)) for row in table]


def gauss_kruger_forward(lon, lat, central_meridian, ellipsoid, false_easting=500_000.0):
    """Project degrees to easting and northing in metres, scale 1 on the central meridian."""
    radius, alpha = _series(_FORWARD, ellipsoid)
    e = np.sqrt(ellipsoid.e2)
    phi, lam = np.radians(np.asarray(lat, float)), np.radians(np.asarray(lon, float) - central_meridian)
    tau = np.tan(phi)
    sigma = np.sinh(e * np.arctanh(e * tau / np.hypot(1, tau)))
    tau1 = tau * np.hypot(1, sigma) - sigma * np.hypot(1, tau)
    xi1 = np.arctan2(tau1, np.cos(lam))
    eta1 = np.arcsinh(np.sin(lam) / np.hypot(tau1, np.cos(lam)))
    zeta = xi1 + 1j * eta1
    zeta = zeta + sum(a * np.sin(2 * (j + 1) * zeta) for j, a in enumerate(alpha))
    return false_easting + radius * zeta.imag, radius * zeta.real


def gauss_kruger_inverse(easting, northing, central_meridian, ellipsoid, false_easting=500_000.0):
    """Bring easting and northing in metres back to degrees; the conformal latitude is undone by Newton's method."""
    radius, beta = _series(_INVERSE, ellipsoid)
    e2 = ellipsoid.e2
    e = np.sqrt(e2)
    zeta = np.asarray(northing, float) / radius + 1j * (np.asarray(easting, float) - false_easting) / radius
    zeta1 = zeta - sum(b * np.sin(2 * (j + 1) * zeta) for j, b in enumerate(beta))
    xi1, eta1 = zeta1.real, zeta1.imag
    tau1 = np.sin(xi1) / np.hypot(np.sinh(eta1), np.cos(xi1))
    lam = np.arctan2(np.sinh(eta1), np.cos(xi1))
    tau = tau1
    for _ in range(6):
        sigma = np.sinh(e * np.arctanh(e * tau / np.hypot(1, tau)))
        found = tau * np.hypot(1, sigma) - sigma * np.hypot(1, tau)
        step = (tau1 - found) / np.hypot(1, found) * (1 + (1 - e2) * tau**2) / ((1 - e2) * np.hypot(1, tau))
        tau = tau + step
    return central_meridian + np.degrees(lam), np.degrees(np.arctan(tau))


# --- Datum: geographic -> geocentric -> seven parameters -> geocentric -> geographic --------------------------------


def geocentric(lon, lat, ellipsoid):
    """Turn degrees at ellipsoidal height zero into X, Y, Z in metres (EPSG method 9602)."""
    lam, phi = np.radians(lon), np.radians(lat)
    nu = ellipsoid.a / np.sqrt(1 - ellipsoid.e2 * np.sin(phi) ** 2)
    return nu * np.cos(phi) * np.cos(lam), nu * np.cos(phi) * np.sin(lam), nu * (1 - ellipsoid.e2) * np.sin(phi)


def geographic(x, y, z, ellipsoid):
    """Turn X, Y, Z in metres into degrees; the latitude by fixed-point iteration, the height is dropped."""
    p = np.hypot(x, y)
    phi = np.arctan2(z, p * (1 - ellipsoid.e2))
    for _ in range(12):
        nu = ellipsoid.a / np.sqrt(1 - ellipsoid.e2 * np.sin(phi) ** 2)
        phi = np.arctan2(z + ellipsoid.e2 * nu * np.sin(phi), p)
    return np.degrees(np.arctan2(y, x)), np.degrees(phi)


def seven_parameters(x, y, z, parameters):
    """Apply EPSG method 1033 (position vector) or 1032 (coordinate frame), the small-angle matrices."""
    sign = {"position vector": 1.0, "coordinate frame": -1.0}[parameters.method]
    rx, ry, rz = (sign * r * ARCSEC for r in (parameters.rx_arcsec, parameters.ry_arcsec, parameters.rz_arcsec))
    m = 1 + parameters.scale_ppm * 1e-6
    return (
        m * (x - rz * y + ry * z) + parameters.tx_m,
        m * (rz * x + y - rx * z) + parameters.ty_m,
        m * (-ry * x + rx * y + z) + parameters.tz_m,
    )


def xian80_to_cgcs2000(lon, lat):
    """Shift degrees of Xi'an 1980 to degrees of CGCS2000 by the pilot's invented parameters."""
    return geographic(*seven_parameters(*geocentric(lon, lat, IAG1975), XIAN80_TO_CGCS2000), CGCS2000)


def inverse_of(forward, lon, lat, rounds=40):
    """Invert a small shift: solve forward(p) = (lon, lat) by fixed-point iteration from the point itself."""
    lon, lat = np.asarray(lon, float), np.asarray(lat, float)
    guess_lon, guess_lat = lon, lat
    for _ in range(rounds):
        there_lon, there_lat = forward(guess_lon, guess_lat)
        guess_lon, guess_lat = guess_lon + (lon - there_lon), guess_lat + (lat - there_lat)
    return guess_lon, guess_lat


# --- The offsets of web maps: the public forward formulas --------------------------------------------------------------

_GCJ_A = 6378245.0
_GCJ_EE = 0.00669342162296594323


def gcj02_forward(lon, lat):
    """Offset WGS 84 degrees to GCJ-02."""
    x, y = np.asarray(lon, float) - 105.0, np.asarray(lat, float) - 35.0
    pi = np.pi
    common = (20 * np.sin(6 * x * pi) + 20 * np.sin(2 * x * pi)) * 2 / 3
    d_lat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + common
    d_lat += (20 * np.sin(y * pi) + 40 * np.sin(y / 3 * pi)) * 2 / 3
    d_lat += (160 * np.sin(y / 12 * pi) + 320 * np.sin(y * pi / 30)) * 2 / 3
    d_lon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + common
    d_lon += (20 * np.sin(x * pi) + 40 * np.sin(x / 3 * pi)) * 2 / 3
    d_lon += (150 * np.sin(x / 12 * pi) + 300 * np.sin(x / 30 * pi)) * 2 / 3
    phi = np.radians(lat)
    magic = 1 - _GCJ_EE * np.sin(phi) ** 2
    d_lat = d_lat * 180 / (_GCJ_A * (1 - _GCJ_EE) / (magic * np.sqrt(magic)) * pi)
    d_lon = d_lon * 180 / (_GCJ_A / np.sqrt(magic) * np.cos(phi) * pi)
    return lon + d_lon, lat + d_lat


def bd09_from_gcj02(lon, lat):
    """Offset GCJ-02 degrees to BD-09."""
    k = np.pi * 3000 / 180
    z = np.hypot(lon, lat) + 0.00002 * np.sin(np.asarray(lat, float) * k)
    theta = np.arctan2(lat, lon) + 0.000003 * np.cos(np.asarray(lon, float) * k)
    return z * np.cos(theta) + 0.0065, z * np.sin(theta) + 0.006


def bd09_forward(lon, lat):
    """Offset WGS 84 degrees to BD-09."""
    return bd09_from_gcj02(*gcj02_forward(lon, lat))


def newton_inverse(forward, lon, lat, rounds=12):
    """Invert a smooth offset of the plane by Newton's method with a numerical Jacobian."""
    lon, lat = np.asarray(lon, float), np.asarray(lat, float)
    u, v = lon.copy(), lat.copy()
    h = 1e-5
    for _ in range(rounds):
        f_lon, f_lat = forward(u, v)
        a_lon, a_lat = forward(u + h, v)
        b_lon, b_lat = forward(u, v + h)
        j11, j21, j12, j22 = (a_lon - f_lon) / h, (a_lat - f_lat) / h, (b_lon - f_lon) / h, (b_lat - f_lat) / h
        det = j11 * j22 - j12 * j21
        r_lon, r_lat = lon - f_lon, lat - f_lat
        u, v = u + (j22 * r_lon - j12 * r_lat) / det, v + (j11 * r_lat - j21 * r_lon) / det
    return u, v


# --- Small plane geometry of the county ---------------------------------------------------------------------------------

METRES_PER_DEGREE_LAT = 111_030.0
METRES_PER_DEGREE_LON = 85_600.0  # at 39.7 degrees north; good to 0.4 % over the county, for laying things out only


def plane(lon, lat):
    """Lay degrees out on a plane in metres round the county's middle."""
    return (np.asarray(lon) - 75.2) * METRES_PER_DEGREE_LON, (np.asarray(lat) - 39.7) * METRES_PER_DEGREE_LAT


def from_plane(x, y):
    """Bring plane metres back to degrees."""
    return 75.2 + np.asarray(x) / METRES_PER_DEGREE_LON, 39.7 + np.asarray(y) / METRES_PER_DEGREE_LAT
