"""Filled forms on paper and in files: workbook, Word document, PDF, CSV in the company's layout."""
