"""The toolkit's log: passed on line by line, and read for what it tells.

ServiceX reads the same log. Its TopCPStats wants one line `Package.EventLoop … Processing events 0-N in file` in all,
and takes the first line with ERROR for the headline; its RawUprootStats takes the first line whose first word has Error
or Exception in it. Those lines are the script's to write. So of what the toolkit says, ERROR is shown as Error,
Processing as processing, and a first word of that kind stands behind a bar.
"""

from __future__ import annotations

import re
from typing import IO

MAX_LINE = 1 << 16  # bytes; longer lines are passed on in pieces
MAX_LOG = 64 << 20  # bytes that are passed on; a toolkit that repeats itself for hours must not fill the disk

PROCESSING = re.compile(rb"Package\.EventLoop +INFO +Processing events \d{1,18}-(\d{1,18}) in file")
REMOVED = re.compile(rb"Removing empty TTree (\S+)")
DATA = re.compile(rb" +DataType: +(?:DataType\.)?data\b", re.IGNORECASE)

# What the log may say went wrong, by exit code, the most telling first. Texts: AnalysisBase's ConfigBlock.py,
# ConfigText.py and EventSelectionConfig.py, runTop_el.py, EventLoop, ROOT, and XRootD's XrdClStatus.cc.
CAUSES = {
    65: rb"Unkown block|options set that are not used for|should be of type <class|requried for|is required but not "
    rb"included in config|failed to locate \".*config file|selection cut is not recognised|Misconfiguration! Check"
    rb"|unknown branch pattern|yaml\.\w+\.\w+Error|has already been added|block is required for|^Failed to load ",
    137: rb"bad_alloc|MemoryError|Cannot allocate memory",
    74: rb"No space left on device|Disk quota exceeded|File too large",
    77: rb"\[30(?:10|30)\]|Auth failed|unauthorized identity|certificate has expired",
    66: rb"\[30(?:11|29)\](?! No servers)|no keys recovered|not a ROOT file|truncated at|nonexistent aux data item"
    rb"|not found in input file",
    69: rb"Operation expired|\[FATAL\] |\[30(?:03|05|07|08|12|14|20|24)\]|[Ss]ocket (?:error|timeout)|Stream timeout"
    rb"|No servers are available|Connection (?:refused|reset|timed out)|Invalid address|TLS error|Invalid session",
}
_CAUSES = {code: re.compile(pattern) for code, pattern in CAUSES.items()}
_LOSS = re.compile(
    rb"(?:\S+ +)?FATAL\b|(?:Package\.EventLoop|\w+Module) +ERROR\b|Fatal in <|\*\*\* Break \*\*\*|terminate called"
    rb"|(?:Sys)?Error in <(?:TFile|TTree|TBranch|TBasket|TKey|TNetXNG|TWebFile|TDavix|hadd)|hadd exiting"
    rb"|.*probably not closed, trying to recover|.*R__unzip"
)
_MESSAGE = re.compile(rb"(?:(\S+) +)?(?:ERROR|FATAL) +(?:/\S+/[\w.]+:\d+ \(.*?\): )?(.*)")
_CAUGHT = re.compile(rb"caught exception: (.*)")
_ALGORITHM = re.compile(rb"(?:while calling|executing) (\w+)\S* on algorithm (\S+)")
_CRASH = re.compile(rb"terminate called after throwing an instance of (.*)|\*\*\* Break \*\*\* (.*)")
_ROOT = re.compile(rb"(?:Sys)?(?:Error|Fatal) in (<.*)")
_TAKEN = re.compile(rb"\S*(?:Error|Exception)")


class Log:
    """What the toolkit has said so far."""

    def __init__(self) -> None:
        self.bytes = 0
        self.events = -1  # the largest number that it said it processes; each level says so, for the same events
        self.errors = 0  # lines with ERROR or FATAL in them
        self.is_data = False
        self.removed: set[str] = set()  # trees that it took out since no event had passed
        self.loss = ""  # the first line that means that something was lost
        self._said: dict[str, bytes] = {}  # kind of statement -> the first of it
        self._causes: dict[int, bytes] = {}
        self._traceback = False

    def follow(self, stream: IO[bytes], shown: IO[bytes]) -> None:
        """Read `stream` to its end, passing it on as it may be shown."""
        for line in iter(lambda: stream.readline(MAX_LINE), b""):
            before, self.bytes = self.bytes, self.bytes + len(line)
            self._read_line(line.rstrip())
            if self.bytes <= MAX_LOG:
                _show(shown, _rewritten(line))
            elif before <= MAX_LOG:
                _show(shown, b"... the toolkit says more than %d MiB; the rest is not shown\n" % (MAX_LOG >> 20))

    def read(self, text: bytes) -> None:
        """Read a text that is not passed on."""
        for line in text.splitlines():
            self._read_line(line.rstrip())

    def _read_line(self, line: bytes) -> None:
        if found := PROCESSING.match(line):
            self.events = max(self.events, int(found[1]))
        elif found := REMOVED.match(line):
            self.removed.add(_text(found[1]))
        self.is_data = self.is_data or bool(DATA.match(line))
        self.errors += b"ERROR" in line or b"FATAL" in line
        if not self.loss and _LOSS.match(line):
            self.loss = _text(line)
        for code, pattern in _CAUSES.items():
            if code not in self._causes and pattern.search(line):
                self._causes[code] = line
        self._note(line)

    def _note(self, line: bytes) -> None:
        """Keep the first statement of each kind that tells an error."""
        if found := _ALGORITHM.search(line):
            self._said.setdefault("algorithm", found[2])
        for kind, pattern in (("caught", _CAUGHT), ("message", _MESSAGE), ("crash", _CRASH), ("root", _ROOT)):
            # Where in a line an exception stands varies; the others begin it.
            if found := (pattern.search if kind == "caught" else pattern.match)(line):
                self._said.setdefault(kind, b": ".join(filter(None, found.groups())))
        inside = line[:1] in (b" ", b"")
        if self._traceback and not inside:
            self._said.setdefault("raised", line)
        self._traceback = line.startswith(b"Traceback (most") or (self._traceback and inside)
        if line:
            self._said["last"] = line

    def cause(self) -> int | None:
        """The exit code that the log itself speaks for."""
        return next((code for code in _CAUSES if code in self._causes), None)

    def error(self, code: int | None = None) -> str:
        """The first real error, with the algorithm that it happened in; that of the cause `code` if given."""
        kinds = ("caught", "message", "raised", "crash", "root", "last")
        line = next((self._said[kind] for kind in kinds if kind in self._said), b"it said nothing")
        if code in self._causes and not _CAUSES[code].search(line):
            line = self._causes[code]
        algorithm = self._said.get("algorithm")
        where = f" in algorithm {_text(algorithm)}" if algorithm and "caught" in self._said else ""
        return _text(line)[:1000] + where


def _rewritten(line: bytes) -> bytes:
    for taken, instead in ((b"ERROR", b"Error"), (b"Transform stats:", b"transform stats:")):
        line = line.replace(taken, instead)
    line = line.replace(b"INFO    Processing events", b"INFO    processing events")
    return b"| " + line if _TAKEN.match(line) else line


def _show(shown: IO[bytes], line: bytes) -> None:
    try:
        shown.write(line)
        shown.flush()
    except (OSError, ValueError):  # whoever read it has gone; that must not block the toolkit
        pass


def _text(line: bytes) -> str:
    return line.decode(errors="backslashreplace").strip()
