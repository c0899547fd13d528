"""The text of generated modules → their public names, with what a caller depends on."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

import attrs


@attrs.frozen(kw_only=True)
class Parameter:
    """A parameter, a field or a result: its annotation, and whether it must be given."""

    annotation: str
    required: bool

    @property
    def types(self) -> frozenset[str]:
        """The parts of a union."""
        return frozenset(part.strip() for part in _parts(self.annotation))


@attrs.frozen(kw_only=True)
class Name:
    """A public name; `told` is its text with its docstrings."""

    told: str
    annotation: str = ""
    sort: str = "a constant"


@attrs.frozen(kw_only=True)
class Function(Name):
    """A function or method."""

    parameters: Mapping[str, Parameter]
    result: Parameter
    sort: str = "a function"


@attrs.frozen(kw_only=True)
class Class(Name):
    """A class: fields with their types, members of an enum with their values, methods."""

    bases: tuple[str, ...]
    fields: Mapping[str, Parameter]
    members: Mapping[str, str]
    methods: Mapping[str, Name]
    sort: str = "a class"


def names(files: Mapping[str, str]) -> dict[str, Name]:
    """List the public names of the modules of {path: text}, as `module.Name`."""
    found: dict[str, Name] = {}
    for path, text in files.items():
        if path.endswith(".py"):
            module = path.removesuffix(".py").replace("/", ".")
            for name, node in _public(ast.parse(text).body):
                found[f"{module}.{name}"] = _named(node)
    return found


def _public(body: list[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    for node in body:
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) if not name.startswith("_") or name == "__call__":
                yield name, node
            case ast.AnnAssign(target=ast.Name(id=name)) if not name.startswith("_"):
                yield name, node
            case ast.Assign(targets=[ast.Name(id=name)]) if not name.startswith("_"):
                yield name, node


def _named(node: ast.stmt) -> Name:
    match node:
        case ast.ClassDef():
            return _class(node)
        case ast.FunctionDef():
            return _function(node)
        case ast.AnnAssign(annotation=annotation):
            return Name(told="", annotation=ast.unparse(annotation))
        case _:
            return Name(told="")


def _class(node: ast.ClassDef) -> Class:
    fields, members, methods = {}, {}, {}
    for name, item in _public(node.body):
        if isinstance(item, ast.AnnAssign):
            fields[name] = Parameter(annotation=ast.unparse(item.annotation), required=item.value is None)
        elif isinstance(item, ast.Assign):
            members[name] = ast.unparse(item.value)
        elif isinstance(item, ast.FunctionDef):
            methods[name] = _named(item)
    bases = tuple(ast.unparse(base) for base in node.bases)
    return Class(told=ast.unparse(node), bases=bases, fields=fields, members=members, methods=methods)


def _function(node: ast.FunctionDef) -> Function:
    arguments = node.args
    given = [*arguments.posonlyargs, *arguments.args]
    without = len(given) - len(arguments.defaults)
    parameters = {item.arg: _parameter(item, index < without) for index, item in enumerate(given) if item.arg != "self"}
    for item, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        parameters[item.arg] = _parameter(item, default is None)
    result = Parameter(annotation="" if node.returns is None else ast.unparse(node.returns), required=True)
    return Function(told=ast.unparse(node), parameters=parameters, result=result)


def _parameter(node: ast.arg, required: bool) -> Parameter:
    return Parameter(annotation="" if node.annotation is None else ast.unparse(node.annotation), required=required)


def _parts(annotation: str) -> list[str]:
    """Take a union apart, at its outermost bars only."""
    parts, depth = [""], 0
    for character in annotation:
        depth += (character in "[(") - (character in "])")
        if character == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts
