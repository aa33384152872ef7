"""Reports: the whole state of a port as one document, in several formats. Reads only."""
