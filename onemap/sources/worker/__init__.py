"""The guarded worker process: the one place that opens inputs.

Modules here run in a process of their own (`python -m onemap.sources.worker`), without pandas, without network, with
the format libraries cut down to the formats that onemap reads. `onemap.sources.reader` is the other end of the pipe.
"""
