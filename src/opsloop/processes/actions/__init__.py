"""Every write of the process room. Pages, grids, the demo and the schedule all come through here."""

from opsloop.processes.actions.acceptance import (
    AlreadyAccepted,
    accept_departure,
    revoke_acceptance,
)
from opsloop.processes.actions.design import (
    GateClosed,
    OwnSubmission,
    WrongState,
    copy_as_is,
    decide,
    publish,
    sign_deletion,
    submit,
)
from opsloop.processes.actions.ecrs import decide_proposal, opinion_to_cause, proposal_to_cause
from opsloop.processes.actions.evidence import (
    NothingToDraw,
    TooManyOpinions,
    close_voice,
    draw_sample,
    note_finding,
    note_opinion,
    open_voice,
    speak,
)
from opsloop.processes.actions.pilots import (
    NotApproved,
    SameUnit,
    close_review,
    make_review,
    note_problem,
    note_reading,
    roll_out,
    start_pilot,
)
from opsloop.processes.actions.rates import set_rates
from opsloop.processes.actions.table import (
    NameTaken,
    NoRecords,
    UnknownField,
    VersionClosed,
    add_step,
    change_process,
    change_step,
    define_process,
    fill_from_log,
    measured_minutes,
    move_step,
    remove_step,
)

__all__ = [
    "AlreadyAccepted", "GateClosed", "NameTaken", "NoRecords", "NotApproved", "NothingToDraw",
    "OwnSubmission", "SameUnit", "TooManyOpinions", "UnknownField", "VersionClosed", "WrongState",
    "accept_departure", "add_step", "change_process", "change_step", "close_review", "close_voice",
    "copy_as_is", "decide", "decide_proposal", "define_process", "draw_sample", "fill_from_log",
    "make_review", "measured_minutes", "move_step", "note_finding", "note_opinion", "note_problem",
    "note_reading", "open_voice", "opinion_to_cause", "proposal_to_cause", "publish",
    "remove_step", "revoke_acceptance", "roll_out", "set_rates", "sign_deletion", "speak",
    "start_pilot", "submit",
]  # fmt: skip
