"""The texts and drawings the grid's script shows: it has no language of its own.

Holes are written {name} and filled by the script.
"""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from opsloop.ui.icons import ICONS

TEXTS: Final[dict[str, Any]] = {
    # Saving
    "saved": _("All changes saved"),
    "saving": _("Saving…"),
    "offline": _("No connection: {n} edits wait and are sent again by themselves"),
    "offlineNow": _("No connection to the server. Please try again later."),
    "signInAgain": _("You are signed out. Sign in again in another window, then repeat the edit."),
    "notSaved": _("Not saved yet"),
    "problemCount": _("{n} cells to correct"),
    # Two people at one cell
    "conflictTitle": _("Somebody changed this meanwhile"),
    "conflictText": _("Nothing has been overwritten. Choose which value stands."),
    "theirs": _("Keep theirs"),
    "mine": _("Take mine"),
    "allTheirs": _("Keep all of theirs"),
    "allMine": _("Take all of mine"),
    "decide": _("Confirm the choice"),
    # Tools
    "tools": _("Grid tools"),
    "undo": _("Undo (Ctrl+Z)"),
    "redo": _("Redo (Ctrl+Y)"),
    "nothingToUndo": _("Nothing to undo"),
    "nothingToRedo": _("Nothing to redo"),
    "insertRow": _("Insert a row"),
    "deleteRow": _("Delete the row"),
    "deleteRows": _("Delete the chosen rows (Ctrl+Delete)"),
    "rowsDeleted": _("{n} rows deleted; Ctrl+Z puts them back"),
    "rowUp": _("Move the row up (Alt+↑)"),
    "rowDown": _("Move the row down (Alt+↓)"),
    "rowInto": _("Into the branch of the row above (Alt+Shift+→)"),
    "rowOut": _("Out of the branch (Alt+Shift+←)"),
    "treeKeys": _("Alt+Shift+→, Alt+Shift+←|Into the branch above, out of the branch"),
    "sortedNoMove": _("Rows keep their place while the table is sorted or grouped"),
    "fillDown": _("Fill down (Ctrl+D)"),
    "filter": _("Filter"),
    "filterBy": _("Filter {column}: a piece of text, or a comparison such as >100"),
    "columns": _("Columns"),
    "freeze": _("Fixed on the left"),
    "width": _("Width"),
    "widthOf": _("Width of {column} in pixels"),
    "moveUp": _("Move {column} forward"),
    "moveDown": _("Move {column} back"),
    "standardColumns": _("Back to the standard columns"),
    "groupBy": _("Group by"),
    "ungrouped": _("Not grouped"),
    "groupedBy": _("By {column}"),
    "views": _("Saved views"),
    "standardView": _("Standard view"),
    "sharedView": _("shared"),
    "keepView": _("Save this view"),
    "dropView": _("Delete this view"),
    "viewName": _("Name of the view"),
    "shareView": _("Everyone who sees this form may use it"),
    # Find
    "find": _("Find and replace (Ctrl+F)"),
    "findText": _("Find"),
    "replaceText": _("Replace with"),
    "findCount": _("{at} of {n}"),
    "findNone": _("Nothing found"),
    "previous": _("Previous"),
    "next": _("Next"),
    "replace": _("Replace"),
    "replaceAll": _("Replace all"),
    "replacedCount": _("{n} cells replaced"),
    "notReplaced": _("This cell cannot be changed here"),
    # Copy and paste
    "withHeadings": _("Copy with headings"),
    "copied": _("{n} rows copied"),
    "paste": _("Paste"),
    "pastePreview": _("Check before pasting"),
    "pasteMode": _("Where to paste"),
    "pasteHere": _("Over the cells from the active one"),
    "pasteAsRows": _("As new rows at the end"),
    "pasteNew": _("{n} new rows"),
    "pasteChanged": _("{n} cells changed"),
    "pasteProblems": _("{n} cells with problems"),
    "problemsLeftOut": _("Cells with problems are left out; everything else is pasted."),
    "matchedHeader": _("Columns matched by their headings"),
    "matchedPosition": _("Columns matched by position"),
    "unknownHeadings": _("Columns the form does not have, left out: {names}"),
    "comma": _(", "),
    "newRow": _("New"),
    "moreRows": _("and {n} more rows"),
    "titleBlockToo": _("Fill the title block too:"),
    "nothingToPaste": _("Nothing to paste: every cell stays as it is"),
    "pasteOffline": _("No connection: a pasted block is checked by the server first"),
    # Cells
    "cellEditor": _("Cell"),
    "keysHint": _(
        "Arrow keys move, Enter edits, Tab goes to the next cell; Escape and then Tab leaves the table."
    ),
    "pickDate": _("Choose a date"),
    "emptyValue": _("(empty)"),
    "yes": _("Yes"),
    "no": _("No"),
    "points": _("pp"),
    "required": _("Required"),
    "rowNumber": _("Row"),
    "rowAt": _("row {n}"),
    "rowCount": _("{n} rows"),
    "total": _("Total"),
    "source": _("Source"),
    "computed": _("Computed"),
    "written": _("Written"),
    "remarks": _("Remarks on the cell"),
    "remarkCount": _("{n} remarks"),
    "noRemarks": _("Nothing is said against this cell."),
    "formRemarks": _("{n} remarks on the whole form"),
    "health_good": _("On track"),
    "health_warn": _("Needs attention"),
    "health_bad": _("Off track"),
    # Comments and history
    "comments": _("Comments (Shift+F2)"),
    "commentsTitle": _("Comments"),
    "commentCount": _("{n} comments"),
    "noComments": _("No comments yet."),
    "addComment": _("Write a comment"),
    "send": _("Send"),
    "resolve": _("Resolve"),
    "resolved": _("Resolved"),
    "history": _("History of the cell"),
    "noHistory": _("This cell has not been changed yet."),
    "restore": _("Restore the earlier value"),
    # Title block, cards, dialogs
    "editTitleBlock": _("Edit the title block"),
    "editRow": _("Edit row {n}"),
    "searchRows": _("Search the rows"),
    "showMore": _("Show more rows"),
    "emptyForm": _("The form has no rows yet."),
    "emptyHint": _("Insert a row, or copy rows in Excel or WPS and paste them here."),
    "nothingFound": _("No row matches the filter."),
    "save": _("Save"),
    "apply": _("Apply"),
    "cancel": _("Cancel"),
    "close": _("Close"),
    "keys": _("Keyboard"),
    "keyList": _(
        "Enter, F2|Edit the cell; typing replaces it\n"
        "Esc|Give up the edit; again, then Tab: leave the table\n"
        "Tab, Shift+Tab|Next, previous cell\n"
        "Shift+↑↓←→|Extend the choice\n"
        "Ctrl+↑↓←→|To the edge of the filled block\n"
        "Home, End, Ctrl+Home, Ctrl+End|First, last column or cell\n"
        "Ctrl+C, Ctrl+X, Ctrl+V|Copy, cut, paste\n"
        "Ctrl+Z, Ctrl+Y|Undo, redo\n"
        "Ctrl+D|Fill down\n"
        "Ctrl+F|Find and replace\n"
        "Ctrl+A, Ctrl+Space|Choose all, choose the column\n"
        "Ctrl+Enter, Ctrl+Delete|Insert, delete rows\n"
        "Alt+↑, Alt+↓|Move the row\n"
        "Alt+←, Alt+→|Close, open a branch\n"
        "Alt+Enter|New line in the cell\n"
        "Alt+↓ while editing|Choose a date\n"
        "Shift+F2|Comments on the cell"
    ),
}
DRAWN: Final = (
    "arrow-down", "arrow-up", "bad", "calendar", "chevron-down", "chevron-up", "clock", "close",
    "columns", "comment", "edit", "fill-down", "filter", "good", "history", "indent", "info",
    "keyboard", "outdent", "plus", "redo", "save", "search", "trash", "undo", "warn",
)  # fmt: skip


def words(sources: dict[str, tuple[Any, str]]) -> dict[str, Any]:
    """What the page hands to the script; `sources` are the words of the source badges."""
    return {
        "texts": TEXTS,
        "icons": {name: ICONS[name] for name in DRAWN},
        "sources": {key: {"text": text, "tone": tone} for key, (text, tone) in sources.items()},
    }
