"""Makes the pilot project, a fictional county on real terrain; imports nothing from onemap, to bear witness against it."""
