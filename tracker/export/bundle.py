"""A fat binary in the layout of clang-offload-bundler, which the HIP runtime takes as it stands.

Layout and entry ids: LLVM's ClangOffloadBundler documentation, "Bundled Binary File Layout" and "Bundle Entry ID". The
first entry is the host's and empty. `hipv4` is the kind of code objects since ABI version 4.
"""

import struct
from collections.abc import Sequence

from tracker.export.shipment import CodeObject

MAGIC = b"__CLANG_OFFLOAD_BUNDLE__"
HOST = "host-x86_64-unknown-linux-gnu-"
DEVICE = "hipv4-amdgcn-amd-amdhsa--"
ALIGNMENT = 4096
"""As clang aligns code objects for HIP: they are mapped page by page."""
ENTRY = struct.Struct("<QQQ")
"""Offset, size, length of the id that follows."""


def bundle(objects: Sequence[CodeObject]) -> bytes:
    """The bundle of code objects, one per arch."""
    entries = [(HOST, b""), *((DEVICE + each.arch, each.content) for each in objects)]
    head = len(MAGIC) + 8 + sum(ENTRY.size + len(name) for name, _ in entries)
    table, body, end = b"", b"", head
    for name, content in entries:
        offset = -(-end // ALIGNMENT) * ALIGNMENT if content else end
        body += bytes(offset - end) + content
        end = offset + len(content)
        table += ENTRY.pack(offset, len(content), len(name)) + name.encode()
    return MAGIC + struct.pack("<Q", len(entries)) + table + body


def unbundle(content: bytes) -> dict[str, bytes]:
    """Code objects by entry id. Raises ValueError when it is not a bundle or ends early."""
    try:
        (count,) = struct.unpack_from("<Q", content, len(MAGIC))
        if not content.startswith(MAGIC):
            raise ValueError("not a bundle: no __CLANG_OFFLOAD_BUNDLE__ at its begin")
        found, at = {}, len(MAGIC) + 8
        for _ in range(count):
            offset, size, length = ENTRY.unpack_from(content, at)
            at += ENTRY.size + length
            if max(at, offset + size) > len(content):
                raise ValueError("the bundle ends before its last entry")
            found[content[at - length : at].decode()] = content[offset : offset + size]
        return found
    except struct.error as error:
        raise ValueError("the bundle ends within its table") from error
