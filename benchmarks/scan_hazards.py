"""How many of the corpus' hazards the rules find, and how much of what they find is none.

The corpus in tests/scan/hazards marks the lines: `// hazard: rule` and, where something only looks like one,
`// fine: rule`. Prints precision and recall, and every line on which marks and findings differ.
"""

import re
from pathlib import Path

from tracker.scan import scan_file
from tracker.scan.hazards.rules import rules

CORPUS = Path(__file__).resolve().parents[1] / "tests" / "scan" / "hazards"


def marked(file: Path) -> set[tuple[str, int, str]]:
    """(file, line, rule) of the hazards that a file of the corpus marks."""
    found = set()
    for number, line in enumerate(file.read_text().split("\n"), 1):
        match = re.search(r"\bhazard: ([\w-]+(?:, [\w-]+)*)", line)
        found |= {(file.name, number, rule) for rule in match[1].split(", ")} if match else set()
    return found


def main() -> None:
    expected: set[tuple[str, int, str]] = set()
    found: set[tuple[str, int, str]] = set()
    for file in sorted(CORPUS.iterdir()):
        expected |= marked(file)
        facts = scan_file(file, "hip" if file.suffix == ".hip" else "cuda")
        found |= {(file.name, each.place.line, each.rule) for each in facts.findings}
    both = len(found & expected)
    print(f"{len(rules())} rules")
    print(f"{len(expected)} hazards marked, {len(found)} found, {both} of them marked")
    print(f"precision {both / len(found):.1%}, recall {both / len(expected):.1%}")
    for file_name, line, rule in sorted(found ^ expected):
        print(f"{file_name}:{line}: {rule} {'found, not marked' if (file_name, line, rule) in found else 'not found'}")


if __name__ == "__main__":
    main()
