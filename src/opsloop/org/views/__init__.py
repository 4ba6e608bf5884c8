"""The organisation's pages, by subject."""
