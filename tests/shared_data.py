"""Where the real data sets lie: beside the checkout, there in every build."""

from pathlib import Path

SHARED = Path(__file__).parents[2] / "shared" / "data"


def shared(name: str) -> Path:
    """One file or folder of the shared data; a build without it fails and says which is missing."""
    path = SHARED / name
    assert path.exists(), f"the shared data set {name} is missing beside the checkout"
    return path
