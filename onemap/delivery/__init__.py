"""To the planning system: canonical layers mapped to a profile, checked, written."""
