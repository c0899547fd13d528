"""openapi-python-client's output for our own spec, made at run time and not kept."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.measure import ROOT


@contextmanager
def generated() -> Iterator[str]:
    """Generate the client, give its import name, remove it.

    Raises:
        ImportError: the generator is not installed, or did not generate.
    """
    import openapi_python_client  # noqa: F401  # is it there?
    import yaml

    spec = yaml.safe_load((ROOT / "spec" / "halopay.yaml").read_bytes())
    for schema in spec["components"]["schemas"].values():
        _spell_out(schema)
    with tempfile.TemporaryDirectory() as directory:
        root, name = Path(directory), "halopay_openapi_client"
        (root / "spec.json").write_text(json.dumps(spec))
        (root / "config.json").write_text('{"post_hooks": []}')  # formatting makes no call faster
        command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
        command += ["--path", "spec.json", "--config", "config.json", "--output-path", name]
        done = subprocess.run(command, cwd=root, capture_output=True, check=False)
        if done.returncode:
            raise ImportError("openapi-python-client did not generate")
        sys.path.insert(0, directory)
        try:
            yield name
        finally:
            sys.path.remove(directory)


def order_create(name: str) -> tuple[Any, Any, Any]:
    """Return of the generated client: its Client, the module of order.create, the class of its request."""
    client, call, request = (
        import_module(f"{name}.{module}")
        for module in ("client", "api.order.order_create", "models.order_create_request")
    )
    return client.Client, call, request.OrderCreateRequest


def _spell_out(schema: dict[str, Any]) -> None:
    """Move what stands beside `allOf` into it: the same meaning, and the generator reads only what stands there."""
    if "allOf" in schema and "properties" in schema:
        schema["allOf"].append({"type": "object", "properties": schema.pop("properties")})
