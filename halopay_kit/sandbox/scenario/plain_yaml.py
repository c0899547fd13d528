"""YAML without surprises: texts, whole numbers, true, false, null; no floats, dates, tags, or keys said twice."""

from __future__ import annotations

import re
from typing import Any

from halopay_kit.errors import ConfigurationError


def parse(text: str) -> Any:
    """Return the value.

    Raises:
        ConfigurationError: it is not YAML of this kind, or pyyaml is not installed.
    """
    try:
        import yaml
    except ImportError as error:
        raise ConfigurationError("scenarios need pyyaml", advice="pip install 'halopay-kit[sandbox]'") from error

    class Loader(yaml.SafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            pairs = [(self.construct_object(key, deep=True), value) for key, value in node.value]
            found: dict[Any, Any] = {}
            for (key, value), (key_node, _) in zip(pairs, node.value, strict=True):
                if not isinstance(key, str | int):
                    raise yaml.MarkedYAMLError(problem="a key is a text or a number", problem_mark=key_node.start_mark)
                if key in found:
                    raise yaml.MarkedYAMLError(problem=f"{key} is said twice", problem_mark=key_node.start_mark)
                found[key] = self.construct_object(value, deep=deep)
            return found

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise yaml.YAMLError("aliases are not supported")
            return super().compose_node(parent, index)

    Loader.yaml_implicit_resolvers = {}
    Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"-?(?:0|[1-9][0-9]*)$"), list("-0123456789"))
    Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)$"), list("tf"))
    Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(?:null|~|)$"), ["n", "~", ""])
    try:
        return yaml.load(text, Loader)  # noqa: S506  # a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = "" if error.problem_mark is None else f"line {error.problem_mark.line + 1}: "
        raise ConfigurationError(f"{line}{error.problem or 'not YAML'}") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ConfigurationError("not YAML") from error
