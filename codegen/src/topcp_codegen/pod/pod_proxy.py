"""The grid proxy of the pod: is there one, is it private, how long does it live."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from urllib.parse import urlsplit

from pod_failures import Failure

# The operator's secret, from which ServiceX copies the proxy to X509_USER_PROXY; a pod without it is to work without.
SECRET = "/etc/grid-security-ro"  # noqa: S105  a folder
SCHEMES = ("root", "roots", "xroot", "xroots", "davs", "https", "srm", "gsiftp")
OPEN_HOSTS = ("eospublic.cern.ch", "opendata.cern.ch")  # open data is for everybody
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_DATES = {0x17: "%y%m%d%H%M%SZ", 0x18: "%Y%m%d%H%M%SZ"}  # UTCTime, GeneralizedTime (RFC 5280, 4.1.2.5)


def check_proxy(source: str, enough: float) -> None:
    """Failure if reading `source` needs a proxy and there is none that lives `enough` seconds more.

    It may be over soon: the pod's other container writes the proxy in the first seconds, and renews it later.
    """
    path = Path(os.environ.get("X509_USER_PROXY") or f"/tmp/x509up_u{os.getuid()}")  # noqa: S108  as in the grid's tools
    secret = Path(os.environ.get("TOPCP_PROXY_SECRET") or SECRET)
    if needs_proxy(source) and (path.exists() or secret.exists()) and (wrong := trouble(path, enough)):
        raise Failure(77, wrong, passing=True)


def needs_proxy(source: str) -> bool:
    """Tell whether a file is on the grid."""
    address = urlsplit(source)
    return address.scheme in SCHEMES and address.hostname not in OPEN_HOSTS


def trouble(path: Path, enough: float) -> str | None:
    """What is wrong with a proxy, None if nothing is."""
    try:
        mode = path.stat().st_mode & 0o777
        left = min(map(_end, _PEM.findall(path.read_text()))) - time.time()
    except FileNotFoundError:
        return f"there is no {path}"
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}"
    except (ValueError, LookupError):
        return f"{path} holds no certificate"
    if mode & 0o077:
        return f"{path} is open to others (mode {mode:04o}, must be 0600), so no server will take it"
    if left < enough:
        ends = "has expired" if left < 0 else "ends soon"
        return f"{path} {ends}: {time.strftime('%Y-%m-%d %H:%M', time.gmtime(time.time() + left))} UTC"
    return None


def _end(pem: str) -> int:
    """When a certificate ends, in seconds of the epoch. ValueError or LookupError if it is none."""
    import calendar  # here, since most files need no proxy and each import takes milliseconds of every file
    import ssl

    certificate = ssl.PEM_cert_to_DER_cert(pem)
    inside = _parts(_parts(_parts(certificate)[0][1])[0][1])
    # [version], serial number, signature, issuer, validity, …: the version of anything newer than 1988 is there.
    kind, date = _parts(inside[4 if inside[0][0] == 0xA0 else 3][1])[1]
    return calendar.timegm(time.strptime(date.decode(), _DATES[kind]))


def _parts(data: bytes) -> list[tuple[int, bytes]]:
    """The elements of ASN.1 in DER, one after the other: kind and content."""
    found, at = [], 0
    while at < len(data):
        kind, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            digits = length & 0x7F
            length, at = int.from_bytes(data[at : at + digits], "big"), at + digits
        found.append((kind, data[at : at + length]))
        at += length
    return found
