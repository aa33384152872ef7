"""`kerntrack --spec`: the commands with their options, as JSON for other programs (schemas/spec.json)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tracker import __version__
from tracker.cli.documents import SCHEMA
from tracker.errors import ExitCode

TYPES: Mapping[str, str] = {
    "str": "text",
    "string": "text",
    "int": "integer",
    "int range": "integer",
    "integer range": "integer",
    "float range": "float",
}
"""What versions of the parser call differently, and what is told of ranges by their limits."""


def document(root: Any) -> dict[str, Any]:
    """The JSON form of the whole program."""
    codes = {str(int(code)): code.name.lower().replace("_", " ") for code in ExitCode}
    return {"schema": SCHEMA, "program": "kerntrack", "version": __version__, "exit_codes": codes, **_command(root)}


def _command(command: Any) -> dict[str, Any]:
    """A command, or a group of them; the parser's classes have no stubs."""
    parameters = [each for each in command.params if not getattr(each, "hidden", False)]
    below = getattr(command, "commands", {})
    return {
        "help": (command.help or "").replace("\b\n", "").strip(),
        "arguments": [_parameter(each) for each in parameters if each.param_type_name == "argument"],
        "options": [_option(each) for each in parameters if each.param_type_name == "option"],
        "commands": {name: _command(each) for name, each in below.items()},
    }


def _option(option: Any) -> dict[str, Any]:
    return {"names": [*option.opts], "off": [*option.secondary_opts], "counted": bool(option.count)} | _parameter(
        option
    )


def _parameter(parameter: Any) -> dict[str, Any]:
    kind, default = parameter.type, parameter.default
    name = str(kind.name)
    return {
        "name": parameter.name,
        "type": TYPES.get(name, name),
        "choices": [*kind.choices] if name == "choice" else None,
        "least": getattr(kind, "min", None),
        "most": getattr(kind, "max", None),
        "required": bool(parameter.required),
        "repeated": parameter.nargs == -1 or bool(getattr(parameter, "multiple", False)),
        "default": str(default) if isinstance(default, Path) else default,
        "metavar": parameter.metavar,
        "help": getattr(parameter, "help", None) or "",
    }
