"""Write `docs/bands.md` and `docs/bands.zh.md` from the presets: what stands in for cells that do not say.

Run it after a change of `onemap/radio/bands.toml`: `python docs/build_bands.py`. A test fails while a page is stale.
"""

from __future__ import annotations

from pathlib import Path

from onemap.radio.presets import BandPreset, Presets, shipped_presets
from onemap.radio.resource_elements import power_per_element

PAGES = {"en": Path(__file__).with_name("bands.md"), "zh": Path(__file__).with_name("bands.zh.md")}

HEADS = {
    "en": """# Presets of bands

Made by `docs/build_bands.py` from `onemap/radio/bands.toml`; do not edit. [中文](bands.zh.md)

**Everything on this page is an assumption**, not a measurement and not a standard. A preset stands in where a table of
cells leaves something out, or gives what cannot be, and for a tower of which no cell is listed. What was assumed of an
antenna is named in its column `assumed`; a verdict that rests on much of it should be read with care. Fill in the
columns of the layer `cells` instead wherever you can: power first, then height, azimuth and tilt.

## What stands in

| band | downlink MHz | EIRP per resource element dBm | its range | gain dBi | beam ° | tilt ° |
| --- | --- | --- | --- | --- | --- | --- |
""",
    "zh": """# 频段预设值

由 `docs/build_bands.py` 根据 `onemap/radio/bands.toml` 生成，请勿手工修改。[English](bands.md)

**本页所有数值均为假定**，既非实测，也非标准。小区表中缺少某项、给出不可能的数值，或站址没有列出小区时，由预设值代替。
每副天线假定了什么，写在 `assumed` 列中；结论若主要依赖假定，请谨慎使用。能填写 `cells` 图层各列的，请尽量填写：
首先是功率，其次是挂高、方位角和下倾角。

## 预设值

| 频段 | 下行 MHz | 每资源粒子 EIRP dBm | 范围 | 增益 dBi | 波束 ° | 下倾角 ° |
| --- | --- | --- | --- | --- | --- | --- |
""",
}
MIDDLES = {
    "en": """
**n41 and n78** send their synchronisation blocks (SSB) one beam after the other over the sector. A phone reports the
strongest (SS-RSRP), so the level is that of the best beam: the gain is that of one beam, the width of all of them
together. Half-way between two beams some 3 dB less arrives, and above or below their row less still; the preset does
not know where the beams of a real antenna point. Data beams are narrower and stronger: they do not count here.

The EIRP used is the middle of its range. The range comes from usual equipment, power spread over the resource blocks.
It is that of one resource element, so bands compare whatever their width; for n28 the range runs from one port to all
four together, for B3 and B8 from no boost of the reference signal to one of 3 dB (PB = 1):

| band | carrier | resource blocks | power W | reference signal dBm per element | boost dB | gain dBi |
| --- | --- | --- | --- | --- | --- | --- |
""",
    "zh": """
**n41、n78** 的同步信号块（SSB）以多个波束轮流扫过扇区，终端上报最强的一个（SS-RSRP），因此电平取最好的波束：
增益为单个波束的增益，水平宽度为全部波束的包络。相邻两个波束之间约低 3 dB，偏离波束所在的仰角则更低；实际天线
各波束指向何处，预设无从得知。业务波束更窄、更强，此处不计。

采用的 EIRP 为其范围的中值。范围由常见设备得出，功率平均分配到各资源块，按每个资源粒子计，因此带宽不同的频段可以直接
比较；n28 的范围从单端口到四端口合计，B3、B8 的范围从参考信号不抬升到抬升 3 dB（PB = 1）：

| 频段 | 载波 | 资源块数 | 功率 W | 每粒子参考信号功率 dBm | 抬升 dB | 增益 dBi |
| --- | --- | --- | --- | --- | --- | --- |
""",
}
TAILS = {
    "en": """
## Which preset is taken

1. that of the band of the cell (`n78`, `B3`, `Band 41`, `3.5GHz`, `FDD1800`, `D频段` are understood);
2. else the one nearest in frequency, of the same technology; the frequency comes from `frequency_mhz`, else from
   `arfcn` (EARFCN, NR-ARFCN, UARFCN, ARFCN, by the technology), else it is the middle of the band;
3. else that of the only operator served, else that of the technology: {defaults}.

Where no azimuth is known the antenna counts as radiating all round with the gain of a sector: between the sectors of
a real mast there can be 10 dB less. A beamwidth of 360 says that this is so. Two tilts are added up; one alone is the
whole tilt. The elevation of a place as seen from the antenna comes from the terrain.

## What is possible

Numbers outside the ranges of the layer `cells` (azimuth 0 to 360, EIRP -30 to 70 dBm, ...) are left out, the preset
stands in, and `assumed` says so: `azimuth_deg=ignored 400;azimuth_deg=omni`.

## Your own values

```toml
[coverage.presets.n28]
eirp_re_dbm = 35.0
tilt_deg = 2.0

[coverage.default_bands]
5G = "n28"
```

Keys: `frequency_mhz`, `eirp_re_dbm`, `gain_dbi`, `feeder_loss_db`, `beamwidth_deg`, `v_beamwidth_deg`, `tilt_deg`.
A band that has no preset may be given one; what you leave out is that of the nearest.

## Sources

Bands and channel numbers: 3GPP TS 36.101 (tables 5.5-1, 5.7.3-1), TS 38.104 (tables 5.2-1, 5.4.2.1-1), TS 45.005,
TS 25.101. Resource blocks: TS 36.104 (table 5.6-1), TS 38.104 (table 5.3.2-1). Sector pattern: TR 36.814 (table
A.2.1.1-2), TR 38.901 (table 7.3-1). Power, gain, beams and tilt: assumed.
""",
    "zh": """
## 采用哪一个预设

1. 小区所写频段的预设（可识别 `n78`、`B3`、`Band 41`、`3.5GHz`、`FDD1800`、`D频段` 等写法）；
2. 否则取同一制式中频率最接近的预设；频率取自 `frequency_mhz`，否则由 `arfcn` 换算
   （按制式为 EARFCN、NR-ARFCN、UARFCN、ARFCN），再否则取频段中心；
3. 否则取唯一服务运营商的预设，最后取该制式的默认预设：{defaults}。

方位角未知时按全向处理，增益仍取扇区增益：实际铁塔各扇区之间可能低 10 dB。水平半功率角填 360 表示确为全向。
机械与电子下倾角相加；只填一个时即为总下倾角。目标相对天线的仰角由地形得出。

## 合理范围

超出 `cells` 图层字段范围的数值（方位角 0 至 360、EIRP -30 至 70 dBm 等）不予采用，由预设代替，并在 `assumed` 中写明：
`azimuth_deg=ignored 400;azimuth_deg=omni`。

## 自定义

```toml
[coverage.presets.n28]
eirp_re_dbm = 35.0
tilt_deg = 2.0

[coverage.default_bands]
5G = "n28"
```

可用的键：`frequency_mhz`、`eirp_re_dbm`、`gain_dbi`、`feeder_loss_db`、`beamwidth_deg`、`v_beamwidth_deg`、`tilt_deg`。
没有预设的频段也可以自行给出；未写的项取频率最接近的预设。

## 来源

频段与频点号：3GPP TS 36.101（表 5.5-1、5.7.3-1）、TS 38.104（表 5.2-1、5.4.2.1-1）、TS 45.005、TS 25.101。
资源块：TS 36.104（表 5.6-1）、TS 38.104（表 5.3.2-1）。扇区方向图：TR 36.814（表 A.2.1.1-2）、TR 38.901（表 7.3-1）。
功率、增益、波束与下倾角：均为假定。
""",
}


def page(lang: str) -> str:
    """Give the page in a language as text."""
    presets = shipped_presets()
    values, origins = [], []
    for preset in presets.by_band.values():
        values.append(
            f"| {preset.band} | {preset.frequency_mhz:g} | {preset.eirp_re_dbm:g} "
            f"| {_range(preset.eirp_re_range_dbm)} | {preset.gain_dbi:g} "
            f"| {preset.beamwidth_deg:g} × {preset.v_beamwidth_deg:g} | {preset.tilt_deg:g} |"
        )
        power_dbm = float(power_per_element(preset.power_w, preset.resource_blocks))
        origins.append(
            f"| {preset.band} | {preset.bandwidth_mhz:g} MHz, {preset.subcarrier_khz} kHz | {preset.resource_blocks} "
            f"| {_power(preset)} | {power_dbm:.2f} | {preset.boost_db:g} | {_range(preset.gain_range_dbi)} |"
        )
    tail = TAILS[lang].replace("{defaults}", _defaults(presets, lang))
    return HEADS[lang] + "\n".join(values) + "\n" + MIDDLES[lang] + "\n".join(origins) + "\n" + tail


def _power(preset: BandPreset) -> str:
    """Write the power, of each port where there are several."""
    return f"{preset.ports} × {preset.power_w:g}" if preset.ports > 1 else f"{preset.power_w:g}"


def _range(ends: tuple[float, float]) -> str:
    """Write a range."""
    return f"{ends[0]:g}" if ends[0] == ends[1] else f"{ends[0]:g}–{ends[1]:g}"


def _defaults(presets: Presets, lang: str) -> str:
    """Say which band stands for a technology, and for an operator's."""
    parts = [f"{technology} {band}" for technology, band in presets.defaults.items()]
    parts += [
        f"{operator} {technology} {band}"
        for operator, bands in presets.operator_defaults.items()
        for technology, band in bands.items()
    ]
    return ("、" if lang == "zh" else ", ").join(parts)


if __name__ == "__main__":
    for language, path in PAGES.items():
        path.write_text(page(language), encoding="utf-8")
