"""Matchers that look at how expressions and statements hang together."""

import re
from collections.abc import Iterator

from clang.cindex import CursorKind as Kind

from tracker.scan import clang
from tracker.scan.hazards import syntax
from tracker.scan.hazards.matchers import Matcher
from tracker.scan.hazards.rules import Rule
from tracker.scan.hazards.source import Definition, Hit, Source

_SHUFFLE = re.compile(r"__shfl(_up|_down|_xor)?(_sync)?")
_BALLOT = re.compile(r"__ballot(_sync)?|__activemask|__match_(any|all)(_sync)?")
_COUNT = re.compile(r"__(popc|ffs|clz|fns)")
_REFUSED_LAUNCH = re.compile(
    r"reference to (__global__ function '\w+'|__host__ function '\w*(ConfigureCall|PushCallConfiguration)') "
)
_TAKE = re.compile(r"atomic(CAS|Exch|TestAndSet)(_block|_system)?")


def shuffle_without_width(_rule: Rule, source: Source) -> Iterator[Hit]:
    """Shuffles that leave the width to its default."""
    for function in source.functions:
        for each, name in function.calls:
            if _SHUFFLE.fullmatch(name) and not _has_width(each, name):
                yield function.hit(each, name)


def halving_loop(rule: Rule, source: Source) -> Iterator[Hit]:
    """Loops that begin at a constant, halve it, and shuffle without a width."""
    for function in source.functions:
        for loop in function.of(Kind.FOR_STMT) if function.calls_any(_SHUFFLE) else ():
            parts = clang.children(loop)
            begins = any(_starts_at(each, rule.match["first"]) for each in parts[:1])
            if begins and any(not _has_width(each, name) for each, name in _shuffles(loop)):
                yield function.hit(loop, f"from {rule.match['first']}")


def _starts_at(initial: clang.Cursor, value: int) -> bool:
    return any(syntax.integer(each) == value for each in syntax.descend(initial) if clang.kind(each) < 300)


def _shuffles(loop: clang.Cursor) -> Iterator[tuple[clang.Cursor, str]]:
    calls = (each for each in syntax.descend(loop) if clang.kind(each) == Kind.CALL_EXPR.value)
    named = ((each, syntax.callee(each)) for each in calls)
    return ((each, name) for each, name in named if _SHUFFLE.fullmatch(name))


def _has_width(shuffle: clang.Cursor, name: str) -> bool:
    return len(syntax.given_arguments(shuffle)) >= (4 if name.endswith("_sync") else 3)


def ballot_in_int(_rule: Rule, source: Source) -> Iterator[Hit]:
    """Variables, also when set later, and results of at most 32 bits that take a ballot."""
    for function in source.functions:
        for each, value, taker in _takers(function) if function.calls_any(_BALLOT) else ():
            if _is_call(value, _BALLOT) and 0 < syntax.bits(taker) <= 32:
                yield function.hit(each, f"{syntax.canonical_type(taker)} {clang.spelling(taker)}".strip())


def _takers(function: Definition) -> Iterator[tuple[clang.Cursor, clang.Cursor, clang.Cursor]]:
    """What stands there, the value, and what has the type that it becomes."""
    for each in function.of(Kind.VAR_DECL):
        if inside := clang.children(each):
            yield each, inside[-1], each
    for each, operator in function.operators:
        if operator == "=":
            taker, value = clang.children(each)[:2]
            yield each, value, taker
    for each in function.of(Kind.RETURN_STMT):
        if inside := clang.children(each):
            yield each, inside[-1], inside[-1]


def count_of_ballot(_rule: Rule, source: Source) -> Iterator[Hit]:
    """Bit counts of 32 bits, of a ballot or of a variable that holds one."""
    for function in source.functions:
        if not function.calls_any(_COUNT):
            continue
        held = {clang.spelling(each) for each in function.of(Kind.VAR_DECL) if _holds(each, _BALLOT)}
        for each, name in function.calls:
            mentioned = set().union(*(syntax.names(part) for part in syntax.arguments(each)))
            if _COUNT.fullmatch(name) and (mentioned & held or any(map(_BALLOT.fullmatch, mentioned))):
                yield function.hit(each, name)


def _holds(variable: clang.Cursor, pattern: re.Pattern[str]) -> bool:
    inside = clang.children(variable)
    return bool(inside) and _is_call(inside[-1], pattern)


def _is_call(expression: clang.Cursor, pattern: re.Pattern[str]) -> bool:
    inner = syntax.unwrapped(expression)
    return clang.kind(inner) == Kind.CALL_EXPR.value and pattern.fullmatch(syntax.callee(inner)) is not None


def spin_lock(_rule: Rule, source: Source) -> Iterator[Hit]:
    """Loops whose condition takes a lock."""
    for function in source.functions:
        for loop in function.of(Kind.WHILE_STMT, Kind.DO_STMT):
            parts = clang.children(loop)
            condition = parts[0] if clang.kind(loop) == Kind.WHILE_STMT.value else parts[-1]
            taken = next((each for each in syntax.names(condition) if _TAKE.fullmatch(each)), None)
            if taken:
                yield function.hit(loop, taken)


def volatile_shared(_rule: Rule, source: Source) -> Iterator[Hit]:
    """Shared variables that are volatile, and volatile pointers to shared ones."""
    for function in source.functions:
        shared = function.shared
        for each in function.of(Kind.VAR_DECL) if shared else ():
            if not syntax.canonical_type(each).startswith("volatile "):
                continue
            inside = clang.children(each)
            if clang.spelling(each) in shared or (inside and syntax.names(inside[-1]) & shared.keys()):
                yield function.hit(each, clang.spelling(each))


def launch_in_kernel(_rule: Rule, source: Source) -> Iterator[Hit]:
    """Calls of a kernel from device code, which only a launch can be, and launches that the parser refused there."""
    for message in source.diagnostics:
        if _REFUSED_LAUNCH.search(message.message):
            yield source.hit_at(message.place.path, message.place.line, "launch")
    kernels = {clang.spelling(each.cursor) for each in source.functions if _is_kernel(each)}
    for function in source.functions:
        for each, name in function.calls if function.device else ():
            target = clang.lib.clang_getCursorReferenced(each)
            if name in kernels and clang.kind(target) and Kind.CUDAGLOBAL_ATTR.value in clang.attributes(target):
                yield function.hit(each, clang.spelling(target))


def struct_argument(_rule: Rule, source: Source) -> Iterator[Hit]:
    """Kernel parameters of a record type of the project."""
    for function in source.functions:
        for each in clang.children(function.cursor) if _is_kernel(function) else ():
            type_ = clang.lib.clang_getCanonicalType(clang.lib.clang_getCursorType(each))
            record = clang.lib.clang_getTypeDeclaration(type_)
            known = clang.kind(record) in (Kind.STRUCT_DECL.value, Kind.UNION_DECL.value, Kind.CLASS_DECL.value)
            if clang.kind(each) == Kind.PARM_DECL.value and known and not clang.in_toolkit(record):
                yield function.hit(each, f"{clang.spelling(each)}: {clang.spelling(record)}")


def _is_kernel(function: Definition) -> bool:
    return Kind.CUDAGLOBAL_ATTR.value in function.attributes


def width_guard(rule: Rule, source: Source) -> Iterator[Hit]:
    """Comparisons of the lane count that leave the function or stop the compiler."""
    words, values = rule.match["words"], {str(each) for each in rule.match["values"]}
    compared = re.compile(rf"\b(?:{'|'.join(words)})\b\s*[!=]=\s*({'|'.join(values)})\b")
    for function in source.functions:
        for each in function.of(Kind.IF_STMT, Kind.STATIC_ASSERT):
            texts = [source.written(part) for part in clang.children(each)[:2]]
            leaves = clang.kind(each) == Kind.STATIC_ASSERT.value or re.search(
                r"\b(return|exit|abort|assert|__trap|__builtin_trap|throw)\b", "".join(texts[1:])
            )
            if texts and leaves and compared.search(texts[0]):
                yield function.hit(each, texts[0])


def constant_by_condition(rule: Rule, source: Source) -> Iterator[Hit]:
    """Constants whose name speaks of a shape and that branches of one platform condition set differently."""
    pattern, shape = re.compile(rule.match["pattern"]), re.compile(rule.match["constants"])
    for file, offset, line, words in source.directives:
        if words[0].text == "elif" or not any(pattern.fullmatch(token.text) for token in words[1:]):
            continue
        branches = _branches(source.texts.slice(file, offset, len(source.texts.content(file))))
        differing = [
            name
            for name in dict.fromkeys(name for branch in branches for name in branch)
            if shape.fullmatch(name) and len({branch[name] for branch in branches if name in branch}) > 1
        ]
        if differing:
            yield Hit(file, line, ", ".join(differing), source.owner(file, offset))


def _branches(text: str) -> list[dict[str, str]]:
    """Constants by name in each branch of the conditional that `text` begins with."""
    found: list[str] = [""]
    depth = 0
    for line in text.split("\n"):
        directive = re.match(r"\s*#\s*(if|ifdef|ifndef|elif|else|endif)\b", line)
        word = directive[1] if directive else ""
        depth += (word in ("if", "ifdef", "ifndef")) - (word == "endif")
        if depth == 0:
            break
        if depth == 1 and word in ("elif", "else"):
            found.append("")
        elif not word:
            found[-1] += line + "\n"
    constant = re.compile(r"\b(?:const|constexpr)\b[\w\s]*?\b(\w+)\s*=\s*([^;]+);|#\s*define\s+(\w+)[ \t]+(\S.*)")
    return [
        {match[1] or match[3]: " ".join((match[2] or match[4]).split()) for match in constant.finditer(branch)}
        for branch in found
    ]


STRUCTURE_MATCHERS: dict[str, Matcher] = {
    each.__name__: each
    for each in (
        shuffle_without_width,
        halving_loop,
        ballot_in_int,
        count_of_ballot,
        spin_lock,
        volatile_shared,
        launch_in_kernel,
        struct_argument,
        width_guard,
        constant_by_condition,
    )
}
