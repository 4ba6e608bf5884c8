"""A child of `opsloop serve` ends with it, even when it is killed without a word."""

import os
import threading
import time
from collections.abc import Callable
from typing import Final

LOOK_SECONDS: Final = 1.0


def end_with(parent: int, end: Callable[[], object]) -> None:
    """Call `end` once `parent` is no longer this process's parent: orphans get another one."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_SECONDS)
        end()

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
