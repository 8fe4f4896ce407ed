"""Channel numbers against the tables of 3GPP."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onemap.radio.carriers import (
    CHANNEL_FREQUENCIES,
    bands_at,
    earfcn_frequency,
    frequency_earfcn,
    frequency_nr_arfcn,
    gsm_frequency,
    known_bands,
    nr_arfcn_frequency,
    parse_band,
    uarfcn_frequency,
)

LTE_RANGES = {  # TS 36.101 table 5.7.3-1: first and last downlink EARFCN
    "B1": (0, 599), "B2": (600, 1199), "B3": (1200, 1949), "B4": (1950, 2399), "B5": (2400, 2649), "B6": (2650, 2749), "B7": (2750, 3449),
    "B8": (3450, 3799), "B9": (3800, 4149), "B10": (4150, 4749), "B11": (4750, 4949), "B12": (5010, 5179),
    "B13": (5180, 5279), "B14": (5280, 5379), "B17": (5730, 5849), "B18": (5850, 5999), "B19": (6000, 6149),
    "B20": (6150, 6449), "B21": (6450, 6599), "B22": (6600, 7399), "B23": (7500, 7699), "B24": (7700, 8039), "B25": (8040, 8689),
    "B26": (8690, 9039), "B27": (9040, 9209), "B28": (9210, 9659), "B29": (9660, 9769), "B30": (9770, 9869),
    "B31": (9870, 9919), "B32": (9920, 10359), "B33": (36000, 36199), "B34": (36200, 36349), "B35": (36350, 36949),
    "B36": (36950, 37549), "B37": (37550, 37749), "B38": (37750, 38249), "B39": (38250, 38649), "B40": (38650, 39649),
    "B41": (39650, 41589), "B42": (41590, 43589), "B43": (43590, 45589), "B44": (45590, 46589), "B45": (46590, 46789),
    "B46": (46790, 54539), "B48": (55240, 56739), "B49": (56740, 58239), "B50": (58240, 59089), "B51": (59090, 59139), "B52": (59140, 60139),
    "B53": (60140, 60254), "B54": (60255, 60304), "B65": (65536, 66435), "B66": (66436, 67335), "B67": (67336, 67535), "B68": (67536, 67835),
    "B69": (67836, 68335), "B70": (68336, 68585), "B71": (68586, 68935), "B72": (68936, 68985), "B73": (68986, 69035),
    "B74": (69036, 69465), "B75": (69466, 70315), "B76": (70316, 70365), "B85": (70366, 70545), "B87": (70546, 70595),
    "B88": (70596, 70645), "B103": (70646, 70655), "B106": (70656, 70705), "B107": (70706, 71105), "B108": (71106, 73385),
    "B111": (73386, 73485), "B112": (73486, 74865), "B113": (74866, 75785),
}  # fmt: skip
NR_RANGES = {  # TS 38.104 table 5.4.2.3-1: first and last downlink NR-ARFCN, where the raster meets the edges
    "n1": (422000, 434000),
    "n2": (386000, 398000),
    "n3": (361000, 376000),
    "n5": (173800, 178800),
    "n7": (524000, 538000),
    "n8": (185000, 192000),
    "n12": (145800, 149200),
    "n20": (158200, 164200),
    "n25": (386000, 399000),
    "n28": (151600, 160600),
    "n34": (402000, 405000),
    "n38": (514000, 524000),
    "n39": (376000, 384000),
    "n40": (460000, 480000),
    "n66": (422000, 440000),
    "n70": (399000, 404000),
    "n13": (149200, 151200),
    "n14": (151600, 153600),
    "n18": (172000, 175000),
    "n24": (305000, 311800),
    "n26": (171800, 178800),
    "n29": (143400, 145600),
    "n30": (470000, 472000),
    "n31": (92500, 93500),
    "n50": (286400, 303400),
    "n51": (285400, 286400),
    "n53": (496700, 499000),
    "n54": (334000, 335000),
    "n65": (422000, 440000),
    "n67": (147600, 151600),
    "n68": (150600, 156600),
    "n71": (123400, 130400),
    "n72": (92200, 93200),
    "n74": (295000, 303600),
    "n75": (286400, 303400),
    "n76": (285400, 286400),
    "n77": (620000, 680000),
    "n85": (145600, 149200),
    "n87": (84000, 85000),
    "n88": (84400, 85400),
    "n90": (499200, 538000),
    "n91": (285400, 286400),
    "n92": (286400, 303400),
    "n93": (285400, 286400),
    "n94": (286400, 303400),
    "n96": (795000, 875000),
    "n100": (183880, 185000),
    "n101": (380000, 382000),
    "n105": (122400, 130400),
    "n106": (187000, 188000),
    "n109": (286400, 303400),
    "n110": (286400, 287000),
}
NR_INNER = {  # the same, where the raster meets the edges only nearly: first and last channel inside
    "n41": (499200, 537999), "n46": (743334, 795000), "n48": (636667, 646666), "n78": (620000, 653333),
    "n79": (693334, 733333), "n102": (795000, 828333), "n104": (828334, 875000), "n257": (2054166, 2104165),
    "n258": (2016667, 2070832), "n259": (2270833, 2337499), "n260": (2229166, 2279165), "n261": (2070833, 2084999),
    "n262": (2399166, 2415832),
}  # fmt: skip


def test_every_band_of_lte_has_the_channels_of_the_table() -> None:
    found = {
        band.name: (band.first_channel, band.first_channel + band.channels - 1)
        for band in known_bands().values()
        if band.family == "LTE"
    }
    assert found == LTE_RANGES


def test_the_channels_of_a_band_fill_its_downlink() -> None:
    for name, (first, last) in LTE_RANGES.items():
        band = known_bands()[name]
        assert earfcn_frequency([first, last]).tolist() == pytest.approx([band.low_mhz, band.high_mhz - 0.1], abs=1e-9)


def test_bands_of_nr_have_the_channels_of_the_table() -> None:
    for name, (first, last) in NR_RANGES.items():
        band = known_bands()[name]
        assert nr_arfcn_frequency([first, last]).tolist() == [band.low_mhz, band.high_mhz]


def test_channels_of_the_table_lie_inside_their_bands_of_nr() -> None:
    for name, (first, last) in NR_INNER.items():
        band = known_bands()[name]
        low_mhz, high_mhz = nr_arfcn_frequency([first, last])
        assert band.low_mhz <= low_mhz < band.low_mhz + 0.13, name
        assert band.high_mhz - 0.13 < high_mhz <= band.high_mhz + 0.05, name


def test_every_band_of_nr_is_held_against_the_table() -> None:
    nr = {name for name, band in known_bands().items() if band.family == "NR"}
    assert nr - {*NR_RANGES, *NR_INNER} == {"n263"}  # its channels lie farther apart than the raster
    assert (known_bands()["n263"].low_mhz, known_bands()["n263"].high_mhz) == (57_000, 71_000)


@pytest.mark.parametrize(
    ("earfcn", "frequency_mhz"),
    [(0, 2110.0), (300, 2140.0), (1275, 1812.5), (1300, 1815.0), (1650, 1850.0), (1850, 1870.0), (2452, 874.2),
     (3590, 939.0), (3683, 948.3), (38350, 1890.0), (38950, 2330.0), (39148, 2349.8), (37900, 2585.0), (40936, 2624.6)],
)  # fmt: skip
def test_channels_of_lte(earfcn: int, frequency_mhz: float) -> None:
    assert earfcn_frequency(earfcn) == frequency_mhz


@pytest.mark.parametrize(
    ("nr_arfcn", "frequency_mhz"),
    [(0, 0.0), (499200, 2496.0), (504990, 2524.95), (599999, 2999.995), (600000, 3000.0), (620000, 3300.0),
     (653333, 3799.995), (2016666, 24249.99), (2016667, 24250.08), (2073331, 27649.92), (3279165, 99999.96)],
)  # fmt: skip
def test_channels_of_nr(nr_arfcn: int, frequency_mhz: float) -> None:
    assert nr_arfcn_frequency(nr_arfcn) == pytest.approx(frequency_mhz, abs=1e-9)


def test_channels_of_gsm_and_utra() -> None:
    assert gsm_frequency([0, 124, 975, 1023, 512, 885]).tolist() == [935.0, 959.8, 925.2, 934.8, 1805.2, 1879.8]
    assert uarfcn_frequency([10_562, 10_838, 2_937, 3_088]).tolist() == [2112.4, 2167.6, 927.4, 957.6]


@given(st.sampled_from(sorted(LTE_RANGES)), st.integers(0, 8_000))
def test_there_and_back_in_lte(name: str, step: int) -> None:
    first, last = LTE_RANGES[name]
    earfcn = first + step % (last - first + 1)
    assert frequency_earfcn(earfcn_frequency(earfcn), name) == earfcn


@given(st.integers(0, 3_279_165))
def test_there_and_back_in_nr(nr_arfcn: int) -> None:
    assert frequency_nr_arfcn(nr_arfcn_frequency(nr_arfcn)) == nr_arfcn


def test_numbers_that_no_band_has_give_no_frequency() -> None:
    assert np.isnan(earfcn_frequency([-1, 5000, 7400, 18_300, 35_999, 75_786, np.nan])).all()
    assert np.isnan(nr_arfcn_frequency([-1, 3_279_166, np.nan])).all()
    assert np.isnan(gsm_frequency([125, 511, 886, 1024, np.nan])).all()
    assert frequency_earfcn([1804.9, 1880.0, np.nan], "B3").tolist() == [-1, -1, -1]
    assert frequency_nr_arfcn([-5.0, 100_001.0, np.nan]).tolist() == [-1, -1, -1]
    assert sorted(CHANNEL_FREQUENCIES) == ["2G", "3G", "4G", "5G", "NB-IoT"]


def test_a_band_that_is_none_of_lte_is_refused() -> None:
    with pytest.raises(ValueError, match="band must be a band of LTE, such as B3, got 'n78'"):
        frequency_earfcn(3500.0, "n78")


@pytest.mark.parametrize(
    ("text", "technology", "name"),
    [("n28", "5G", "n28"), ("N41", "5G", "n41"), ("NR n78", "5G", "n78"), ("n1", "5G", "n1"), ("NR79", "5G", "n79"),
     ("B3", "4G", "B3"), ("b5", "4G", "B5"), ("Band8", "4G", "B8"), ("Band 39", "4G", "B39"), ("LTE B1", "4G", "B1"),
     ("ｂ３", "4G", "B3"), ("8", "4G", "B8"), ("41", "5G", "n41"), ("B3", "5G", "n3"), ("n3", "4G", "n3"),
     ("700M", "5G", "n28"), ("2.6G", "5G", "n41"), ("2.6GHz", "4G", "B41"), ("3.5G", "5G", "n78"), ("900", "4G", "B8"),
     ("4.9GHz", "5G", "n79"), ("FDD1800", "4G", "B3"), ("FDD 900", "4G", "B8"), ("L1800", "4G", "B3"),
     ("800M", "4G", "B5"), ("2100MHz", "5G", "n1"), ("5G 3.5GHz", "5G", "n78"), ("4G-FDD1800", "4G", "B3"),
     ("D频段", "4G", "B41"), ("F", "4G", "B39"), ("E频段", "4G", "B40"), ("D1", "4G", "B41"), ("TDD-LTE F频段", "4G", "B39"),
     ("1845", "4G", "B3"), ("GSM900", "2G", "B8"), ("GSM1800", "2G", "B3"), ("Band n78", "5G", "n78")],
)  # fmt: skip
def test_names_of_bands(text: str, technology: str, name: str) -> None:
    assert parse_band(text, technology) == name


@pytest.mark.parametrize("text", ["", "?", "n999", "B999", "频段", "unknown", "0", "5G", "1e9"])
def test_what_names_no_band(text: str) -> None:
    assert parse_band(text, "5G") is None


@given(st.text(max_size=12), st.sampled_from(["2G", "4G", "5G", "?"]))
def test_any_text_names_a_known_band_or_none(text: str, technology: str) -> None:
    assert (parse_band(text, technology) or "B1") in known_bands()


def test_bands_that_hold_a_frequency() -> None:
    assert [band.name for band in bands_at(773.0, "NR")] == ["n28", "n68"]
    assert bands_at(5_000.1, "NR") == ()
