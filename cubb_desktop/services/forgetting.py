"""What every opening of a library does before anything is shown: finish the forgetting that a crash left."""

from __future__ import annotations

from contextlib import suppress

from cubb_desktop.domain.errors import DiskFull, FolderReadOnly, LibraryBusy
from cubb_desktop.services.keeping import is_unfinished
from cubb_desktop.services.workspace import Workspace


def finish(ws: Workspace) -> bool:
    """Finish what is unfinished and return whether there was anything; the heavy part is loaded only then.

    What a full disk or a busy library leaves is tried again at the next opening; nobody may read it meanwhile.
    """
    if not is_unfinished(ws):
        return False
    from cubb_desktop.services.erasure import complete

    with suppress(DiskFull, FolderReadOnly, LibraryBusy):  # no reason not to let somebody in to see to it
        complete(ws)
    return True
