"""Who may connect: encrypted and authenticated with Dask's own TLS settings, or plain on this machine alone.

Whoever can connect to a scheduler or worker can run any program there, hence no plain connections between machines.
"""

import ipaddress
import logging
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tracker.errors import AbsentError, UsageError

if TYPE_CHECKING:
    from distributed.security import Security


def security(address: str) -> "Security | None":
    """Settings to reach a scheduler with; None for a plain connection on loopback.

    Raises UsageError for a plain connection to elsewhere, an unknown scheme, or TLS without certificates; AbsentError
    when `distributed` is not installed.
    """
    try:
        import dask.config
        from distributed.security import Security
    except ImportError as error:
        raise AbsentError(f"work on other machines needs {error.name}", _install()) from error
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.ERROR)  # it tells of every lost worker; we deal with that
    scheme, host = urlsplit(address).scheme, urlsplit(address).hostname or ""
    if scheme == "tcp" and loopback(host):
        return None
    if scheme == "tcp":
        raise UsageError(
            f"{address}: plain connections are only made to this machine itself (127.0.0.1)",
            "use tls:// with certificates, see Dask's documentation of distributed.comm.tls",
        )
    if scheme != "tls":
        raise UsageError(
            f"{address}: not a scheduler's address", "write it as tls://HOST:PORT, or tcp://127.0.0.1:PORT"
        )
    if not dask.config.get("distributed.comm.tls.ca-file", None):
        raise UsageError(
            f"{address}: there are no certificates to connect with",
            "set distributed.comm.tls in ~/.config/dask/distributed.yaml: ca-file, and cert and key of each role",
        )
    return Security(require_encryption=True)


def loopback(host: str) -> bool:
    """Whether a host's name or address means this machine itself."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _install() -> str:
    return "python -m pip install distributed"
