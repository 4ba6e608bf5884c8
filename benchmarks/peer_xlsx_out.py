"""Peers writing the rows with number formats; rustpy-xlsxwriter is the floor, with fewer formats."""

import sys

from benchmarks.workbooks import AMOUNT, FORMATS, HEADINGS, answer, rows

path, peer, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
made = list(rows(count))
total = sum(row[AMOUNT] for row in made) * 100
if peer == "rustpy":
    from rustpy_xlsxwriter import FastExcel

    records = [dict(zip(HEADINGS, row, strict=True)) for row in made]
    FastExcel(path).format(float_format="#,##0.00").freeze(row=1).sheet("台账", records).save()
elif peer == "openpyxl":
    import openpyxl
    from openpyxl.cell import WriteOnlyCell

    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet("台账")
    page.append(HEADINGS)
    for row in made:
        cells = []
        for value, pattern in zip(row, FORMATS, strict=True):
            cell = WriteOnlyCell(page, value)
            if pattern:
                cell.number_format = pattern
            cells.append(cell)
        page.append(cells)
    book.save(path)
elif peer == "pandas":
    import pandas as pd

    frame = pd.DataFrame(made, columns=HEADINGS)
    with pd.ExcelWriter(path, engine="xlsxwriter") as writer:
        frame.to_excel(writer, sheet_name="台账", index=False)
        page = writer.sheets["台账"]
        for at, pattern in enumerate(FORMATS):
            if pattern:
                page.set_column(at, at, 14, writer.book.add_format({"num_format": pattern}))
else:
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        page = book.add_worksheet("台账")
        page.write_row(0, 0, HEADINGS)
        formats = [book.add_format({"num_format": pattern}) for pattern in FORMATS]
        for at, row in enumerate(made, start=1):
            for column, value in enumerate(row):
                page.write(at, column, value, formats[column])
answer(count, total)
