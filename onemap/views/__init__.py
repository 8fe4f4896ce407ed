"""For people: a map, a report, a workbook and a KMZ of any layers.

Each module needs the extra `views`; whoever writes a view imports its module inside the function. Views take layers
and results as frames, write where they are told and know neither project files nor the paths of inputs.
"""
