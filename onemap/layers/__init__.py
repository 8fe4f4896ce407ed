"""What a layer is: the words that all steps share.

Import from the modules: `catalogue` and `schema` say what layers there are, `conform` and `join` make them of sources,
`crs` brings them to one system. Nothing is imported here, so that asking for the catalogue loads no geometry library.
"""
