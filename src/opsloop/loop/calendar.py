"""Due days on the working calendar of the department that answers for them."""

from datetime import date

from opsloop.analysis.worktime import Calendar, add_workdays, is_workday


def due_day(
    calendar: Calendar, start_on: date, promised_on: date | None, workdays: int | None
) -> date:
    """The promised day, or the last of `workdays` from `start_on`; never a day off.

    A day off moves to the next working day. The start itself counts when it is a working day.
    Raises `ValueError` when neither is given.
    """
    if workdays is None:
        if promised_on is None:
            raise ValueError("a due day needs a promise or a number of working days")
        return next_workday(calendar, promised_on)
    return add_workdays(calendar, next_workday(calendar, start_on), max(workdays, 1) - 1)


def next_workday(calendar: Calendar, day: date) -> date:
    """The day itself when it is worked, else the first worked one after it."""
    return day if is_workday(calendar, day) else add_workdays(calendar, day, 1)
