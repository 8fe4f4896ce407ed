"""What every view says about its data: county, date, data class, language."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from onemap.messages import catalogue, text

__all__ = ["ViewSettings"]


@dataclass(frozen=True, slots=True)
class ViewSettings:
    """Facts that stand in the corner of every map, report, workbook and KMZ.

    Attributes
    ----------
    county_name
        Name of the county.
    county_name_en
        Its name on English pages; the same where empty.
    data_date
        Date of the data. Every date in a view comes from here, none from the clock.
    data_class
        Class of the data (密级), as the project states it.
    simulated
        True where the data are simulated: each view then says 模拟数据.
    lang
        Language shown first, "zh" or "en".
    title_zh, title_en
        Titles; made from the county's name where empty.
    technologies, operators
        In the order in which to show them; those met in the results where empty. "any" stands for any operator.
    review_number
        Review number (审图号) of a public map; while it is empty the map carries a banner. None: the map is not public.
    """

    county_name: str
    data_date: dt.date
    data_class: str = "公开"
    simulated: bool = False
    lang: str = "zh"
    title_zh: str = ""
    title_en: str = ""
    technologies: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    county_name_en: str = ""
    review_number: str | None = None

    def county(self, lang: str) -> str:
        """Give the county's name in a language.

        Examples
        --------
        >>> ViewSettings("示范县", dt.date(2026, 1, 1), county_name_en="Shifan County").county("en")
        'Shifan County'
        """
        return (self.county_name_en if lang == "en" else "") or self.county_name

    def facts(self, lang: str) -> str:
        """Say of what day and class the data are.

        Examples
        --------
        >>> ViewSettings("示范县", dt.date(2026, 1, 1)).facts("en")
        'Data of 2026-01-01 · class public'
        """
        word = catalogue().get(f"word {self.data_class}", {lang: self.data_class})[lang]
        return text("view_facts", lang, date=self.data_date.isoformat(), data_class=word)

    def title(self, lang: str) -> str:
        """Give the title in a language.

        Examples
        --------
        >>> ViewSettings("示范县", dt.date(2026, 1, 1)).title("zh")
        '示范县通信覆盖缺口与共建共享'
        """
        given = self.title_zh if lang == "zh" else self.title_en
        return given or text("view_title", lang, county=self.county(lang))
