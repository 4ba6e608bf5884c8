"""The process room in the browser, one module a group of pages."""
