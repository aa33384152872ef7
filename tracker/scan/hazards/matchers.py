"""Matchers that look for names: functions called, types, headers, conditions, macros."""

import re
from collections.abc import Callable, Iterable, Iterator

from clang.cindex import CursorKind as Kind

from tracker.scan import clang
from tracker.scan.hazards import syntax
from tracker.scan.hazards.rules import Rule
from tracker.scan.hazards.source import Definition, Hit, Source
from tracker.scan.macros import tokens

Matcher = Callable[[Rule, Source], Iterator[Hit]]
_UNKNOWN_NAME = re.compile(
    r"(?:use of undeclared identifier|unknown type name|no template named|use of undeclared template name) '([\w:]+)'"
    r"|no (?:member|type|template) named '(\w+)'"
)

_SPLIT_OPERATOR = re.compile(r"(?<=[<>=!&|]) (?=[<>=&|])|(?<=[(!]) | (?=\))")


def call(rule: Rule, source: Source) -> Iterator[Hit]:
    """Calls of a function by name, declared or not; `mask_bits`, `first_argument` and `device` narrow it."""
    pattern = re.compile(rule.match["pattern"])
    for function in source.functions:
        for each, name in function.calls:
            if pattern.fullmatch(name) and _wanted(rule, function, each):
                yield function.hit(each, name)
    if not {"mask_bits", "first_argument"} & rule.match.keys():
        device = {each.key for each in source.functions if each.device}
        unknown = _undeclared(pattern, source)
        yield from (each for each in unknown if not rule.match.get("device") or each.owner in device)


def _wanted(rule: Rule, function: Definition, call: clang.Cursor) -> bool:
    """Whether a call fits what a rule says besides the name."""
    given = syntax.arguments(call)
    if rule.match.get("device") and not function.device:
        return False
    if "mask_bits" in rule.match:
        return bool(given) and _is_narrow(given[0], rule.match["mask_bits"])
    if "first_argument" in rule.match:
        type_ = syntax.canonical_type(syntax.unwrapped(given[0])) if given else ""
        return re.fullmatch(rule.match["first_argument"], type_) is not None
    return True


def _is_narrow(mask: clang.Cursor, bits: int) -> bool:
    """A mask of at most `bits` bits as written, whatever the parameter's type makes of it."""
    written = syntax.unwrapped(mask)
    return 0 < syntax.bits(written) <= bits


def _undeclared(pattern: re.Pattern[str], source: Source) -> Iterator[Hit]:
    """Names that the parser did not know stand in its messages alone."""
    for message in source.diagnostics:
        match = _UNKNOWN_NAME.search(message.message)
        name = (match[1] or match[2]).rsplit("::", 1)[-1] if match else ""
        if name and pattern.fullmatch(name):
            yield source.hit_at(message.place.path, message.place.line, name)


def name(rule: Rule, source: Source) -> Iterator[Hit]:
    """Types and functions by name, wherever they are spelled, also by a macro: constructors run unspelled."""
    pattern = re.compile(rule.match["pattern"])
    for definition in (*source.functions, *source.others):
        for each, found in definition.mentioned:
            if pattern.fullmatch(found) and found in source.code(source.written(each)):
                yield definition.hit(each, found)
    yield from _undeclared(pattern, source)


def declared_type(rule: Rule, source: Source) -> Iterator[Hit]:
    """Variables, parameters and fields of device code of a type."""
    pattern = re.compile(rule.match["pattern"])
    for definition in (*(each for each in source.functions if each.device), *source.others):
        for each in definition.of(Kind.VAR_DECL, Kind.PARM_DECL, Kind.FIELD_DECL):
            type_ = syntax.canonical_type(each)
            if pattern.fullmatch(type_):
                yield definition.hit(each, f"{clang.spelling(each)}: {type_}")


def include(rule: Rule, source: Source) -> Iterator[Hit]:
    """Headers included by the project's files."""
    pattern = re.compile(rule.match["pattern"])
    for cursor in source.unit.inclusions:
        header = clang.spelling(cursor)
        if pattern.fullmatch(header):
            where = clang.position(clang.lib.clang_getCursorLocation(cursor))
            yield Hit(where.file, where.line, header, None)


def condition(rule: Rule, source: Source) -> Iterator[Hit]:
    """Conditions of the preprocessor that mention a name, `at_least` so often, or `followed_by` something."""
    pattern = re.compile(rule.match["pattern"])
    behind = re.compile(rule.match.get("followed_by", ""))
    for file, offset, line, words in source.directives:
        texts = [token.text for token in words]
        found = [
            text
            for number, text in enumerate(texts)
            if pattern.fullmatch(text) and behind.match("".join(texts[number + 1 : number + 2]))
        ]
        if len(found) >= rule.match.get("at_least", 1):
            yield Hit(file, line, _SPLIT_OPERATOR.sub("", " ".join(texts)), source.owner(file, offset))


def word(rule: Rule, source: Source) -> Iterator[Hit]:
    """Names in the text of functions, conditions and macros: enumerators and macros do not stand in the tree."""
    wanted = set(rule.match["words"])
    yield from _words(source, source.functions, wanted)
    for file, offset, line, condition in source.directives:
        for token in condition:
            if token.text in wanted and source.owner(file, offset) is None:
                yield Hit(file, line, token.text, None)


def host_word(rule: Rule, source: Source) -> Iterator[Hit]:
    """Names in the text of host functions and of constants for host and device."""
    host = [
        each
        for each in (*source.functions, *source.others)
        if not each.device and clang.kind(each.cursor) != Kind.ENUM_DECL.value
    ]
    yield from _words(source, host, set(rule.match["words"]))


def _words(source: Source, definitions: Iterable[Definition], wanted: set[str]) -> Iterator[Hit]:
    names = wanted | {macro for macro in source.macros if not wanted.isdisjoint(source.meaning(macro))}
    pattern = re.compile(r"\b(?:" + "|".join(sorted(names)) + r")\b")
    for definition in definitions:
        text = source.text(definition)
        if pattern.search(text):
            found = tokens(text, clang.extent(definition.cursor)[0].line)
            yield from (
                Hit(definition.file, each.line, each.text, definition.key) for each in found if each.text in names
            )


def lane_count(rule: Rule, source: Source) -> Iterator[Hit]:
    """Macros and constants whose name speaks of lanes and whose value is a wavefront's."""
    pattern, values = re.compile(rule.match["pattern"]), rule.match["values"]
    for macro in source.macros.values():
        value = [token.text for token in macro.body if token.text not in ("(", ")")]
        if pattern.fullmatch(macro.name) and value in [[str(each)] for each in values]:
            users = _users_of_macro(source, macro.name)
            yield from (Hit(macro.path, macro.line, f"{macro.name} is {value[0]}", user) for user in users or [None])
    for definition in (*source.functions, *source.others):
        for each in definition.of(Kind.VAR_DECL):
            if not pattern.fullmatch(clang.spelling(each)) or "const" not in syntax.canonical_type(each):
                continue
            number = next((syntax.integer(part) for part in reversed(clang.children(each))), None)
            if number in values:
                yield definition.hit(each, f"{clang.spelling(each)} is {number}")


def _users_of_macro(source: Source, macro: str) -> list[tuple[str, int] | None]:
    names = {each for each in source.macros if macro in source.meaning(each)} | {macro}
    pattern = re.compile(r"\b(?:" + "|".join(map(re.escape, sorted(names))) + r")\b")
    return [function.key for function in source.functions if pattern.search(source.text(function))]


def asm(rule: Rule, source: Source) -> Iterator[Hit]:
    """Inline assembly; with `pattern`, such as names something."""
    pattern = re.compile(rule.match.get("pattern", ""))
    for function in source.functions:
        for each in function.of(Kind.ASM_STMT):
            text = source.written(each)
            found = pattern.search(text)
            if found:
                yield function.hit(each, found[0] or text.split("\n")[0].strip())


def matrix(rule: Rule, source: Source) -> Iterator[Hit]:
    """Warp matrix functions: the namespace `wmma`, the header, `mma` instructions in assembly."""
    for function in source.functions:
        for each in function.of(Kind.TYPE_REF, Kind.TEMPLATE_REF, Kind.CALL_EXPR):
            target = clang.lib.clang_getCursorReferenced(each)
            if clang.kind(target) and clang.spelling(clang.lib.clang_getCursorSemanticParent(target)) == "wmma":
                yield function.hit(each, f"wmma::{clang.spelling(target)}")
        for each in function.of(Kind.ASM_STMT):
            start, end = clang.extent(each)
            found = re.search(
                r"\b(w?mma|ldmatrix|stmatrix)\.[\w.]+", source.texts.slice(start.file, start.offset, end.offset)
            )
            if found:
                yield function.hit(each, found[0])


NAME_MATCHERS: dict[str, Matcher] = {
    each.__name__: each
    for each in (call, name, declared_type, include, condition, word, host_word, lane_count, asm, matrix)
}
