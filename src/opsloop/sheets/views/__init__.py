"""The sheets room in the browser: the grid's own requests, pages, files that come back."""
