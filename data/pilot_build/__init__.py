"""Makes the pilot: a fictional county on real terrain. Imports nothing from onemap, so that it can bear witness."""
