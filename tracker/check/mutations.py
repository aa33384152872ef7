"""Small faults to put into kernel sources: for each token that a port could get wrong, the text with it wrong.

Works on tokens of the source text, without parsing C++: what does not compile afterwards is nobody's fault and is
counted apart. Binary operators are told from template brackets, signs and pointers by the blanks around them.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

TOKEN = re.compile(
    r"""(?P<skip>//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\\\n
        |^[ \t]*\#[ \t]*define[ \t]+\w+\([^)\n]*\)|^[ \t]*\#(?:\\\n|[^\n])*)
      | (?P<number>(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)[uUlLfF]*)
      | (?P<word>[A-Za-z_]\w*)
      | (?P<op>>>=|<<=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||::|[-+*/%&|^]=|[^\s\w])""",
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """One token: its text and where it stands. `spaced`: blanks or line ends on both sides."""

    kind: str
    text: str
    start: int
    spaced: bool

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True)
class Mutation:
    """One fault: `text[start:end]` becomes `after`.

    `line` counts from 1; `source` is that line, blanks squeezed; `nth` counts `before` in that line in front of it.
    """

    fault: str
    line: int
    source: str
    nth: int
    start: int
    end: int
    before: str
    after: str

    def apply(self, text: str) -> str:
        """The source with the fault in it."""
        return text[: self.start] + self.after + text[self.end :]

    def __str__(self) -> str:
        which = f" (number {self.nth})" if self.before and self.source.count(self.before) > 1 else ""
        return f"line {self.line}: {self.fault}: {self.before!r}{which} becomes {self.after!r} in {self.source!r}"


Edit = tuple[int, int, str]
Rule = Callable[[list[Token], int], Iterator[Edit]]


def tokens(text: str) -> list[Token]:
    """Tokens of C++ text; comments, strings and preprocessor lines but bodies of function-like macros are left out."""
    found = []
    for match in TOKEN.finditer(text):
        if match.lastgroup and match.lastgroup != "skip":
            spaced = text[match.start() - 1 : match.start()].isspace() and text[match.end() : match.end() + 1].isspace()
            found.append(Token(match.lastgroup, match.group(), match.start(), spaced))
    return found


def mutations(text: str) -> Iterator[Mutation]:
    """Every fault that a rule can put into the text, in the order of its places."""
    found = tokens(text)
    for index in range(len(found)):
        seen: set[Edit] = set()
        for fault, rule in RULES.items():
            for edit in rule(found, index):
                start, end, after = edit
                if edit not in seen and text[start:end] != after:
                    seen.add(edit)
                    yield _mutation(fault, text, edit)


def _mutation(fault: str, text: str, edit: Edit) -> Mutation:
    start, end, after = edit
    begin = text.rfind("\n", 0, start) + 1
    source = squeezed(text[begin:].partition("\n")[0])
    nth = text.count(text[start:end], begin, start)
    return Mutation(fault, text.count("\n", 0, start) + 1, source, nth, start, end, text[start:end], after)


def squeezed(text: str) -> str:
    """The text with each run of blanks as one."""
    return " ".join(text.split())


def _number(token: Token) -> int | None:
    """Value of an integer literal; None for anything else."""
    if token.kind != "number":
        return None
    try:
        return int(token.text.rstrip("uUlL"), 0)
    except ValueError:
        return None


def _spelled(token: Token, value: int) -> Edit:
    """The literal with another value, in the base and with the suffix it had."""
    suffix = token.text[len(token.text.rstrip("uUlL")) :]
    text = f"{value:#x}" if token.text[:2].lower() == "0x" else str(value)
    return token.start, token.end, text + suffix


def _at(found: list[Token], index: int) -> Token:
    """The token at an index, or an empty one outside the text."""
    return found[index] if 0 <= index < len(found) else Token("op", "", 0, False)


def _replaced(fault: dict[str, tuple[str, ...]], *, spaced: bool) -> Rule:
    def rule(found: list[Token], index: int) -> Iterator[Edit]:
        token = found[index]
        if token.spaced or not spaced:
            for after in fault.get(token.text, ()):
                yield token.start, token.end, after

    return rule


def _beside(found: list[Token], index: int, operators: tuple[str, ...]) -> int | None:
    """Value of the literal at an index that stands right of one of the operators."""
    left = _at(found, index - 1)
    return _number(found[index]) if left.text in operators else None


def _shift(found: list[Token], index: int) -> Iterator[Edit]:
    token = found[index]
    if token.text in (">>", "<<") and token.spaced:
        yield token.start, token.end, "<<" if token.text == ">>" else ">>"
    by = _beside(found, index, (">>", "<<"))
    if by is not None:
        yield _spelled(token, by + 1)
        if by:
            yield _spelled(token, by - 1)


def _mask(found: list[Token], index: int) -> Iterator[Edit]:
    """Masks that lose their highest or their lowest bit."""
    token, mask = found[index], _number(found[index])
    if mask and (_at(found, index - 1).text == "&" or _at(found, index + 1).text == "&"):
        yield _spelled(token, mask >> 1)
        yield _spelled(token, mask & (mask - 1))


def _nibble(found: list[Token], index: int) -> Iterator[Edit]:
    """The high nibble where the low one is meant."""
    token = found[index]
    if token.text == "&" and token.spaced and _number(_at(found, index + 1)) in (0xF, 0x0F0F0F0F):
        yield token.start, token.end, ">> 4 &"


def _index(found: list[Token], index: int) -> Iterator[Edit]:
    """One element further; array sizes in declarations stay, since room to spare changes nothing."""
    token = found[index]
    if token.text == "]" and _at(found, index - 1).text not in ("[", "") and not _declared(found, index):
        yield token.start, token.start, " + 1"


def _declared(found: list[Token], index: int) -> bool:
    """True when the bracket that closes at `index` belongs to a declarator: `float a[2][3]`, `float (&a)[2]`."""
    while found[index].text == "]":
        depth = 1
        while depth and index > 0:
            index -= 1
            depth += (found[index].text == "]") - (found[index].text == "[")
        index -= 1
    if found[index].text == ")":
        return _at(found, index - 2).text == "&"
    before = _at(found, index - 1)
    if before.text == ",":
        return _declares(found, index - 1)
    return before.kind == "word" and before.text not in ("return", "else", "case", "const")


def _declares(found: list[Token], index: int) -> bool:
    """True when a comma stands between declarators without values: `float a[2], b[2]`."""
    start = index
    while start > 0 and found[start - 1].text not in (";", "{", "}", "(", "="):
        start -= 1
    return found[start - 1].text not in ("(", "=") and found[start].kind == found[start + 1].kind == "word"


def _factor(found: list[Token], index: int) -> Iterator[Edit]:
    """Strides, divisors and scale indices that are twice what they should be."""
    by = _beside(found, index, ("*", "/", "%"))
    if by:
        yield _spelled(found[index], 2 * by)


def _constant(found: list[Token], index: int) -> Iterator[Edit]:
    value = _number(found[index])
    if value is not None:
        yield _spelled(found[index], value + 1)


def _closing(found: list[Token], index: int) -> int:
    """Index of the token that ends the operand which starts at `index`: an operator of a sum, or a closing token."""
    depth = 0
    while index < len(found):
        text = found[index].text
        depth += (text in "([{") - (text in ")]}")
        if depth < 0 or (depth == 0 and (text in ";,?:" or (text in ("+", "-") and found[index].spaced))):
            return index
        index += 1
    return index


def _term(found: list[Token], index: int) -> Iterator[Edit]:
    """A sum without its second operand."""
    if found[index].text in ("+", "-") and found[index].spaced:
        end = _closing(found, index + 1)
        if end < len(found):
            yield found[index].start, found[end - 1].end, ""


def _barrier(found: list[Token], index: int) -> Iterator[Edit]:
    if found[index].text == "__syncthreads" and _at(found, index + 3).text == ";":
        yield found[index].start, found[index + 3].end, ";"


def _guard(found: list[Token], index: int) -> Iterator[Edit]:
    """A condition that always holds, and one that never does."""
    if found[index].text != "if" or _at(found, index + 1).text != "(":
        return
    end = _closing(found, index + 2)
    while end < len(found) and found[end].text != ")":
        end = _closing(found, end + 1)
    if end < len(found):
        for after in ("true", "false"):
            yield found[index + 1].end, found[end].start, after


def _lanes(found: list[Token], index: int) -> Iterator[Edit]:
    """Distances and widths of an exchange between lanes: half and twice, as arguments or as what a name is set to."""
    value = _number(found[index])
    if value and (_named(found, index) or EXCHANGE.search(_callee(found, index))):
        yield from (_spelled(found[index], other) for other in (value // 2, value * 2))


EXCHANGE = re.compile("shfl|shuffle|xor|exchange|lanes|mask|warp", re.IGNORECASE)


def _named(found: list[Token], index: int) -> bool:
    """True for the 32 in `group_lanes = 32` and the 2 in `mask /= 2`."""
    return _at(found, index - 1).text in ("=", "/=", ">>=") and bool(EXCHANGE.search(_at(found, index - 2).text))


def _callee(found: list[Token], index: int) -> str:
    """Name of the function among whose arguments a token is; empty outside of calls."""
    depth, at = 0, index - 1
    while at >= 0 and found[at].text not in (";", "{", "}"):
        depth += (found[at].text == ")") - (found[at].text == "(")
        if depth < 0:
            return _at(found, at - 1).text
        at -= 1
    return ""


def _swap(found: list[Token], index: int) -> Iterator[Edit]:
    """Two neighbouring arguments that are plain names, the other way round."""
    first, comma, second = (_at(found, index + k) for k in range(3))
    if (first.kind, comma.text, second.kind) == ("word", ",", "word") and first.text != second.text:
        before, behind = _at(found, index - 1).text, _at(found, index + 3).text
        commutes = before == "(" and _at(found, index - 2).text in COMMUTATIVE
        if before in ("(", ",") and behind in (")", ",") and not commutes:
            yield first.start, second.end, f"{second.text}, {first.text}"


COMMUTATIVE = frozenset({"fmaf", "min", "max", "fminf", "fmaxf"})
"""Functions whose first two arguments may stand either way."""


def _precision(found: list[Token], index: int) -> Iterator[Edit]:
    """A float variable that holds no more than a half."""
    if found[index].text == "float" and _at(found, index + 1).kind == "word":
        yield found[index].start, found[index].end, "_Float16"


RULES: dict[str, Rule] = {
    "shift": _shift,
    "mask": _mask,
    "nibble order": _nibble,
    "lanes": _lanes,
    "stride": _factor,
    "index": _index,
    "constant": _constant,
    "sign": _replaced({"+": ("-",), "-": ("+",), "+=": ("-=",), "-=": ("+=",)}, spaced=True),
    "sum": _replaced({"+=": ("=",), "-=": ("=",)}, spaced=True),
    "term": _term,
    "operator": _replaced(
        {"*": ("+",), "/": ("%",), "%": ("/",), "|": ("&",), "&": ("|",), "&&": ("||",), "||": ("&&",)}, spaced=True
    ),
    "bound": _replaced(
        {"<": ("<=",), "<=": ("<",), ">": (">=",), ">=": (">",), "==": ("!=",), "!=": ("==",)}, spaced=True
    ),
    "guard": _guard,
    "barrier": _barrier,
    "swap": _swap,
    "precision": _precision,
    "signedness": _replaced({"int8_t": ("uint8_t",), "uint8_t": ("int8_t",), "uint16_t": ("int16_t",)}, spaced=False),
    "function": _replaced(
        {
            "roundf": ("rintf", "truncf"),
            "fmaxf": ("fminf",),
            "fabsf": ("",),
            "min": ("max",),
            "max": ("min",),
        },
        spaced=False,
    ),
}
"""Fault classes in order; where two give the same text, the first is named."""
