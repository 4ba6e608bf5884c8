"""The floor: fastexcel into a typed frame; nothing checked, no sandbox."""

import sys

import fastexcel

from benchmarks.workbooks import HEADINGS, answer

frame = fastexcel.read_excel(sys.argv[1]).load_sheet(0).to_polars()
assert tuple(frame.columns) == HEADINGS
answer(frame.height, frame["金额"].sum() * 100)
