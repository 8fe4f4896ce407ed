"""The script that the system's Python runs is no module of the tests."""

collect_ignore = ["open_layers.py"]
