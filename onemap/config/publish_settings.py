"""The table `[publish]` of a project file, as a frozen model."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from onemap.config.strict_model import StrictModel

__all__ = ["DEFAULT_GRID_M", "PublishSettings"]

DEFAULT_GRID_M = 100.0
"""What coordinates are rounded to where the project does not say: a choice of onemap, no rule gives a figure."""


class PublishSettings(StrictModel):
    """What a public copy of the delivery may hold.

    Attributes
    ----------
    fields
        Fields of the profile that are published beside those that only say what kind of thing a feature is.
    grid_m
        Coordinates are rounded to a grid of at least so many metres; None for `DEFAULT_GRID_M`, with a remark.
    original_ids
        Whether fields may hold the identifiers that the submitters use.
    review_number
        Review number of the map (审图号); while it is empty, the map says so.
    refused_classes
        Classes of data that are refused beside those of state secrets, by how they begin.
    """

    fields: tuple[Annotated[str, StringConstraints(min_length=1)], ...] = ()
    grid_m: Annotated[float, Field(gt=0, le=100_000)] | None = None
    original_ids: bool = False
    review_number: Annotated[str, StringConstraints(max_length=100)] = ""
    refused_classes: tuple[Annotated[str, StringConstraints(min_length=1)], ...] = ()
