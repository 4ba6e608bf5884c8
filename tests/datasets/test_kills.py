"""kill −9 in the middle of an import or of its job leaves the old state or the new one."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_twenty_kills_leave_the_old_state_or_the_new_one():
    command = [sys.executable, "-m", "tests.datasets.soak", "--kills", "20"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "old state or new state every time" in done.stdout
