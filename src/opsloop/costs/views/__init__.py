"""The cost room in the browser: HTTP in, one call, one page out."""
