"""The plan: what to share, build and connect, in which order, for how much, and why."""
