"""Guess what a source is from its headers and values: its layer, which column is which field, units, values."""

from onemap.layers.guessing.kinds import LAYERS_RENAMED, LayerGuess, guess_fields, guess_layer
from onemap.layers.guessing.vocabulary import guess_value

__all__ = ["LAYERS_RENAMED", "LayerGuess", "guess_fields", "guess_layer", "guess_value"]
