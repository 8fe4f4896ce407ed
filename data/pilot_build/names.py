"""Names of the fictional county, joined from harmless syllables; none is taken from the region's map."""

from __future__ import annotations

COUNTY_CODE = "659900"  # not in use
COUNTY_NAME = "示范县"
DATE = "2026-01-01"

_FIRST = "青柳白红沙玉石云月星清甘杨榆杏桃梨松柏银兰荷竹梅"
_SECOND = "泉石滩坪湾坡桥台岭营塘渠川洲亭源"
_PARTS = ("东庄", "西庄", "上庄", "下庄", "新庄", "南湾", "北湾", "前坪", "后坪")

OPERATORS = ("中国移动", "中国联通", "中国电信")
TOWER_COMPANY = "中国铁塔"


def village_names(rng, count):
    """Give different two-syllable names, without the word 村."""
    pairs = [a + b for a in _FIRST for b in _SECOND if a != b and a + b not in ("石台", "白石", "石泉", "清源", "玉门")]
    return [pairs[i] for i in rng.permutation(len(pairs))[:count]]


def part_names(rng, count):
    """Name the parts (natural villages) of one village."""
    return [_PARTS[i] for i in rng.permutation(len(_PARTS))[:count]]
