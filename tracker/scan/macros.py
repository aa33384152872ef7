"""Where the text of a macro spells the name of a kernel that it makes.

libclang tells only where a macro is used. The definition's text is followed here just far enough to find the name:
parameters are replaced, `##` is joined, macros used by the macro are entered.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<skip>\s+|\\\n|//[^\n]*|/\*.*?\*/)
      | (?P<token>[A-Za-z_]\w* | \.?\d(?:[eEpP][+-]|[\w.'])* | "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*'
          | \#\# | \.\.\. | .)""",
    re.VERBOSE | re.DOTALL,
)
_DEEPEST = 16
_OPEN, _CLOSE = ("(", "[", "{"), (")", "]", "}")


class Token(NamedTuple):
    """One token and the line that it stands on."""

    text: str
    line: int


@dataclass(frozen=True)
class Macro:
    """A `#define`. `parameters` is None for a macro without a parameter list."""

    name: str
    path: str
    line: int
    parameters: tuple[str, ...] | None
    body: tuple[Token, ...]

    @property
    def has_body(self) -> bool:
        """Whether its text holds a function's body, and not merely its head."""
        return any(token.text == "{" for token in self.body)

    @property
    def lines(self) -> int:
        """How many lines the definition has."""
        return (self.body[-1].line if self.body else self.line) - self.line + 1


def tokens(text: str, line: int = 1) -> Iterator[Token]:
    """The tokens of C text, comments and continued lines left out. `line` is that of the text's beginning."""
    for match in _TOKEN.finditer(text):
        if match["token"]:
            yield Token(match["token"], line)
        line += match[0].count("\n")


def call_tokens(text: str) -> list[Token]:
    """The parenthesised arguments that `text` begins with, parentheses included; empty when there are none."""
    return _call(tokens(text))


def _call(text: Iterable[Token]) -> list[Token]:
    found: list[Token] = []
    depth = 0
    for token in text:
        depth += (token.text in _OPEN) - (token.text in _CLOSE)
        if not found and token.text != "(":
            break
        found.append(token)
        if depth == 0:
            break
    return found


def parse_macro(text: str, path: str, line: int) -> Macro:
    """A definition from the text behind `#define`: name, parameters, body."""
    found = list(tokens(text, line))
    name = found[0].text
    if not text.startswith(name + "("):
        return Macro(name, path, line, None, tuple(found[1:]))
    end = next(index for index, token in enumerate(found) if token.text == ")")
    parameters = tuple(token.text for token in found[2:end] if token.text != ",")
    return Macro(name, path, line, parameters, tuple(found[end + 1 :]))


def name_place(macro: Macro, call: Sequence[Token], name: str, macros: Mapping[str, Macro]) -> tuple[Macro, int]:
    """The macro and the line in its text that put `name` when `macro` is used with the arguments `call`."""
    found = _search(macro, call, name, macros, 0)
    return (found.macro, found.line) if found else (macro, macro.line)


class _Found(NamedTuple):
    macro: Macro
    line: int
    declares: bool
    """The parameter list follows in the same text; else the macro makes a name and no more."""


def _search(macro: Macro, call: Sequence[Token], name: str, macros: Mapping[str, Macro], depth: int) -> _Found | None:
    text = _replace(macro, _arguments(call))
    best = None
    for index, token in enumerate(text):
        found = None
        if token.text == name:
            found = _Found(macro, token.line, _follows(text, index + 1))
        elif token.text in macros and depth < _DEEPEST:
            inner = macros[token.text]
            call = _call(text[index + 1 :]) if inner.parameters is not None else []
            found = _search(inner, call, name, macros, depth + 1)
            if found and not found.declares:
                found = _Found(macro, token.line, _follows(text, index + 1 + len(call)))
        if found and found.declares:
            return found
        best = best or found
    return best


def _follows(text: Sequence[Token], index: int) -> bool:
    return index < len(text) and text[index].text == "("


def _arguments(call: Sequence[Token]) -> list[list[Token]]:
    """The arguments of a use, from the tokens behind the macro's name; empty when no parenthesis follows."""
    if not call or call[0].text != "(":
        return []
    arguments: list[list[Token]] = [[]]
    depth = 0
    for token in call:
        depth += (token.text in _OPEN) - (token.text in _CLOSE)
        if depth == 0:
            break
        if token.text == "," and depth == 1:
            arguments.append([])
        elif depth > 1 or token.text != "(":
            arguments[-1].append(token)
    return arguments


def _replace(macro: Macro, arguments: list[list[Token]]) -> list[Token]:
    """The body with arguments in place of parameters and `##` joined; every token has its line in the body."""
    values = dict(zip(macro.parameters or (), arguments, strict=False))
    if macro.parameters and macro.parameters[-1] == "...":
        rest = arguments[len(macro.parameters) - 1 :]
        values["__VA_ARGS__"] = [token for argument in rest for token in [*argument, Token(",", 0)]][:-1]
    replaced: list[Token] = []
    joining = False
    for token in macro.body:
        if token.text == "##":
            joining = True
            continue
        texts = [value.text for value in values[token.text]] if token.text in values else [token.text]
        if joining and replaced and texts:
            replaced[-1] = replaced[-1]._replace(text=replaced[-1].text + texts.pop(0))
        joining = False
        replaced.extend(Token(text, token.line) for text in texts)
    return replaced
