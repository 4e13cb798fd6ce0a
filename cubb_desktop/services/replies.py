"""Replies to marks, and the people one can mention in them."""

from __future__ import annotations

import uuid

from cubb_desktop.domain.annotating import Reply, each_once, same_person
from cubb_desktop.domain.annotating_errors import NotYours
from cubb_desktop.domain.consent import Use
from cubb_desktop.domain.errors import InvalidInput, ReplyNotFound
from cubb_desktop.domain.ids import AnnotationId, ReplyId
from cubb_desktop.i18n import _
from cubb_desktop.library import annotations as marks
from cubb_desktop.library import people
from cubb_desktop.services.annotations import checked_text, seen_in
from cubb_desktop.services.gate import gate_in
from cubb_desktop.services.workspace import Workspace


def reply(ws: Workspace, annotation_id: AnnotationId, text: str) -> Reply:
    """Reply to a mark that one sees; raises MarkNotFound, NotAllowed, InvalidInput (nothing, or too long)."""
    made = Reply(ReplyId(str(uuid.uuid4())), annotation_id, _checked(text), ws.actor, ws.clock())
    with ws.library.change(ws.actor, "reply.added", annotation_id) as change:
        thread = seen_in(change, annotation_id, ws.actor)
        marks.add_reply(change, made, thread.mark.recording_id)
    return made


def find_reply(ws: Workspace, reply_id: ReplyId) -> Reply | None:
    """Return a reply that one sees, None where there is none of that id; raises ConsentWithdrawn."""
    with ws.library.read() as reading:
        try:
            found, thread = marks.get_reply(reading, reply_id, seen_by=ws.actor)
        except ReplyNotFound:
            return None
        gate_in(reading, thread.mark.recording_id, Use.OPEN)
        return found


def edit_reply(ws: Workspace, reply_id: ReplyId, text: str) -> None:
    """Word one's own reply anew; raises ReplyNotFound, NotAllowed, NotYours, InvalidInput."""
    checked = _checked(text)
    with ws.library.change(ws.actor, "reply.edited") as change:
        known, thread = marks.get_reply(change, reply_id, seen_by=ws.actor)
        change.object_id = thread.mark.id
        gate_in(change, thread.mark.recording_id, Use.ANNOTATE)
        if not same_person(known.author, ws.actor):
            raise NotYours
        marks.update_reply(change, reply_id, checked, thread.mark.recording_id)


def remove_reply(ws: Workspace, reply_id: ReplyId) -> Reply:
    """Take one's own reply away and return it; raises ReplyNotFound, NotYours."""
    with ws.library.change(ws.actor, "reply.removed") as change:
        known, thread = marks.get_reply(change, reply_id, seen_by=ws.actor)
        change.object_id = thread.mark.id
        if not same_person(known.author, ws.actor):
            raise NotYours
        marks.remove_reply(change, reply_id, thread.mark.recording_id)
    return known


def restore_reply(ws: Workspace, removed: Reply) -> None:
    """Put back a reply that was just removed, as it was; raises MarkNotFound, NotAllowed, NotYours."""
    with ws.library.change(ws.actor, "reply.restored", removed.annotation_id) as change:
        thread = seen_in(change, removed.annotation_id, ws.actor)
        if not same_person(removed.author, ws.actor):
            raise NotYours
        marks.add_reply(change, removed, thread.mark.recording_id)


def known_people(ws: Workspace) -> list[str]:
    """Return the names of those who work here, as far as the library knows them, one's own first; no citizen's."""
    with ws.library.read() as reading:
        return each_once([ws.actor, *people.names(reading, seen_by=ws.actor)])


def _checked(text: str) -> str:
    checked = checked_text(_("Svar"), text)
    if not checked:
        raise InvalidInput(field=_("Svar"), problem=_("Skriv noget her."))
    return checked
