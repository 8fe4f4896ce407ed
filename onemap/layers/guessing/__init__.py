"""Guess what a source is from its headers and values: its layer, which column is which field, units, values.

The spellings are data: `synonyms.csv` lists headers as offices really write them. A guess is a proposal with a score
and a reason, for a person to confirm; nothing is conformed by a guess alone.
"""

from onemap.layers.guessing.coordinates import CoordinateGuess, guess_coordinates
from onemap.layers.guessing.fields import FieldGuess, guess_fields, match_columns
from onemap.layers.guessing.kinds import LayerGuess, guess_layer
from onemap.layers.guessing.profiles import Profile, profiles_of
from onemap.layers.guessing.proposals import Proposal, Reasoned, propose
from onemap.layers.guessing.vocabulary import guess_value, has_vocabulary

__all__ = [
    "CoordinateGuess",
    "FieldGuess",
    "LayerGuess",
    "Profile",
    "Proposal",
    "Reasoned",
    "guess_coordinates",
    "guess_fields",
    "guess_layer",
    "guess_value",
    "has_vocabulary",
    "match_columns",
    "profiles_of",
    "propose",
]
