"""Files nobody should send, built small."""

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

_OPEN = "http://schemas.openxmlformats.org"
_TYPES = f"""<?xml version="1.0"?><Types xmlns="{_OPEN}/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml" ContentType=
"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"""
_BOOK = f"""<?xml version="1.0"?><workbook xmlns="{_OPEN}/spreadsheetml/2006/main"
 xmlns:r="{_OPEN}/officeDocument/2006/relationships">{{properties}}
<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"""
_RELATIONS = f"""<?xml version="1.0"?><Relationships xmlns="{_OPEN}/package/2006/relationships">
<Relationship Id="rId1" Type="{_OPEN}/officeDocument/2006/relationships/{{kind}}"
 Target="{{target}}"/>{{more}}</Relationships>"""
_STRINGS = f"""<Relationship Id="rId2" Type=
"{_OPEN}/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/>"""

LAUGHS = (
    '<!DOCTYPE l [<!ENTITY a0 "lol">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + "]>"
)


def text_cell(reference: str, text: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


def workbook(
    path: Path,
    rows: str,
    *,
    before: str = "",
    after: str = "",
    properties: str = "",
    strings: Callable[[zipfile.ZipFile], None] | None = None,
    more: Callable[[zipfile.ZipFile], None] | None = None,
) -> Path:
    sheet = (
        f'<?xml version="1.0"?>{before}<worksheet xmlns="{_OPEN}/spreadsheetml/2006/main">'
        f"<sheetData>{rows}</sheetData>{after}</worksheet>"
    )
    relations = _RELATIONS.format
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        office = relations(kind="officeDocument", target="xl/workbook.xml", more="")
        archive.writestr("_rels/.rels", office)
        archive.writestr("xl/workbook.xml", _BOOK.format(properties=properties))
        book = relations(
            kind="worksheet", target="worksheets/sheet1.xml", more=_STRINGS if strings else ""
        )
        archive.writestr("xl/_rels/workbook.xml.rels", book)
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        for write in (strings, more):
            if write is not None:
                write(archive)
    return path


def far_cells(path: Path) -> Path:
    far = f'<row r="1">{text_cell("A1", "x")}</row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    return workbook(path, far)


def string_bomb(path: Path) -> Path:
    def strings(archive: zipfile.ZipFile) -> None:
        with archive.open("xl/sharedStrings.xml", "w", force_zip64=True) as part:
            part.write(f'<sst xmlns="{_OPEN}/spreadsheetml/2006/main"><si><t>'.encode())
            for _ in range(1024):
                part.write(b"a" * (1 << 20))
            part.write(b"</t></si></sst>")

    return workbook(path, '<row r="1"><c r="A1" t="s"><v>0</v></c></row>', strings=strings)


def linked_entry(path: Path) -> Path:
    def link(archive: zipfile.ZipFile) -> None:
        entry = zipfile.ZipInfo("xl/media/image.xml")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")

    return workbook(path, "", more=link)


def climbing_entry(path: Path) -> Path:
    return workbook(path, "", more=lambda archive: archive.writestr("../../evil.xml", "x"))


def gz_bomb(path: Path) -> Path:
    with gzip.open(path, "wb") as file:
        for _ in range(400):
            file.write(b"a,b\n" * (1 << 18))
    return path


def written(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
