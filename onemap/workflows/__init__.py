"""Use cases: each joins steps, from files in to files out."""
