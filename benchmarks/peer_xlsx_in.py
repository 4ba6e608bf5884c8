"""Peers reading the workbook: openpyxl row by row, pandas into a frame."""

import sys

from benchmarks.workbooks import AMOUNT, answer

path, peer = sys.argv[1:]
if peer == "openpyxl":
    import openpyxl

    page = openpyxl.load_workbook(path, read_only=True, data_only=True).worksheets[0]
    count = total = 0
    for row in page.iter_rows(min_row=2, values_only=True):
        count += 1
        total += row[AMOUNT] * 100
    answer(count, total)
else:
    import pandas as pd

    frame = pd.read_excel(path, engine="openpyxl")
    answer(len(frame), frame["金额"].sum() * 100)
