"""What helps through the text under review: finding, the queue of doubtful places, versions; strips above the text."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QVBoxLayout, QWidget

from cubb_desktop.gui.context import PageContext
from cubb_desktop.gui.widgets.review_doubts import Hear, ReviewDoubts
from cubb_desktop.gui.widgets.review_editing import ReviewEditing
from cubb_desktop.gui.widgets.review_find import ReviewFind
from cubb_desktop.gui.widgets.review_header import ReviewHeader
from cubb_desktop.gui.widgets.review_source import Conversation
from cubb_desktop.gui.widgets.review_versions import ReviewVersions
from cubb_desktop.gui.widgets.transcript_view import TranscriptView


class ReviewTools(QWidget):
    """The strips above the text, each with the controller that fills it."""

    def __init__(
        self,
        context: PageContext,
        view: TranscriptView,
        editing: ReviewEditing,
        conversation: Callable[[], Conversation | None],
        hear: Hear,
        header: ReviewHeader,
        reload: Callable[[], object],
        transcribe: Callable[[str], object],
    ) -> None:
        super().__init__()
        self.versions = ReviewVersions(context, view, editing, conversation, hear, reload, transcribe)
        header.versions_requested.connect(lambda: header.show_menu(self.versions.menu(header)))
        self.finding = ReviewFind(context, view, editing, conversation)
        self.doubts = ReviewDoubts(context, view, editing, conversation, hear)
        beneath = QWidget()  # one strip at a time: there is little height on a laptop, none at 200 %
        inside = QVBoxLayout(beneath)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.doubts.strip)
        self.finding.opened.connect(lambda opened: beneath.setVisible(not opened))
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.versions.strip)
        rows.addWidget(beneath)
        rows.addWidget(self.finding.bar)

    def show_conversation(self, conversation: Conversation) -> None:
        """Say what there is to say about the conversation that is shown."""
        self.versions.show_conversation(conversation)

    def reset(self) -> None:
        """Let go of the conversation: another comes, or this one may not be read any more."""
        self.finding.close()
        self.doubts.clear()
        self.versions.reset()
