"""Run the notebooks and write what they show into them: `python notebooks/run.py [--check] [NAME …]`.

What a run depends on by itself (times, counters, the machine) is taken out, so that the same code gives the same bytes.
`--check` runs nothing: each notebook carries a digest of its cells, of the spec and of the kit's version, and is stale
where that is another one now. That the outputs are what the code gives is tested by tests/notebooks, which runs them.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SPEC = HERE.parent / "generated/halopay_api/openapi.json"
TIMEOUT = 300  # seconds, for a cell


def names() -> list[str]:
    """Return the names of the notebooks."""
    return sorted(file.stem for file in HERE.glob("*.ipynb"))


def read(name: str) -> Any:
    """Return a notebook as it is kept."""
    return json.loads((HERE / f"{name}.ipynb").read_text("utf-8"))


def digest(notebook: Any) -> str:
    """Return what a notebook's outputs are made of, as far as it can be known without running it."""
    from halopay_kit import __version__

    cells = [[cell["cell_type"], "".join(cell["source"])] for cell in notebook["cells"]]
    made_of = json.dumps(cells).encode() + SPEC.read_bytes() + __version__.encode()
    return hashlib.sha256(made_of).hexdigest()


def run(name: str) -> Any:
    """Return the notebook with the outputs of a run."""
    import nbformat
    from nbclient import NotebookClient

    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"  # for the kernel
    notebook = nbformat.read(HERE / f"{name}.ipynb", as_version=4)
    NotebookClient(
        notebook, timeout=TIMEOUT, kernel_name="python3", resources={"metadata": {"path": str(HERE)}}
    ).execute()
    return normalised(notebook)


def normalised(notebook: Any) -> Any:
    """Return it without what differs from run to run."""
    cells = []
    for number, cell in enumerate(notebook["cells"]):
        kept = {
            "cell_type": cell["cell_type"],
            "id": f"c{number:02d}",
            "metadata": {},
            "source": _lines(cell["source"]),
        }
        if cell["cell_type"] == "code":
            outputs = [_output(each) for each in cell["outputs"]]
            kept |= {"execution_count": None, "outputs": outputs}
        cells.append(kept)
    made = {"cells": cells, "nbformat": 4, "nbformat_minor": 5}
    metadata = {
        "halopay": {"made_of": digest(made)},
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def write(name: str, notebook: Any) -> None:
    """Keep a notebook."""
    text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True)
    (HERE / f"{name}.ipynb").write_text(text + "\n", "utf-8")


def stale() -> list[str]:
    """Return the notebooks whose outputs were made of something else than there is now."""
    kept = {name: read(name) for name in names()}
    return [
        name
        for name, notebook in kept.items()
        if notebook["metadata"].get("halopay", {}).get("made_of") != digest(notebook)
    ]


def _output(output: Any) -> dict[str, Any]:
    kept: dict[str, Any] = {"output_type": output["output_type"]}
    if output["output_type"] == "stream":
        return kept | {"name": output["name"], "text": _lines(output["text"])}
    data = {kind: value for kind, value in output["data"].items() if kind in ("image/png", "text/plain")}
    if "image/png" in data:
        data = {"image/png": data["image/png"].strip()}  # the text beside it names an address in memory
    else:
        data["text/plain"] = _lines(data["text/plain"])
    kept |= {"data": data, "metadata": {}}
    return kept | ({"execution_count": None} if output["output_type"] == "execute_result" else {})


def _lines(text: Any) -> list[str]:
    return ("".join(text) if isinstance(text, list) else str(text)).splitlines(keepends=True)


def main(arguments: list[str]) -> int:
    """Run, or check."""
    if "--check" in arguments:
        found = stale()
        for name in found:
            print(f"notebooks/{name}.ipynb is stale: run `python notebooks/run.py {name}`")
        return 1 if found else 0
    for name in arguments or names():
        print(f"running {name}")
        write(name, run(name))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
