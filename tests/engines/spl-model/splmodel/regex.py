"""PCRE patterns in Python's re, where both agree; everything else is refused."""
import re
from functools import lru_cache

from .values import NotImplementedSpl, SplError

REFUSED = re.compile(r"\\[hHRKQEAzZGNXvpPguxcelLU0-9]|\[\[|\[:|\(\?[R0-9|(+&'>#-]|\(\*|\(\?P>|\{,")
GROUP = re.compile(r"\(\?<([A-Za-z_][A-Za-z0-9_]*)>")


@lru_cache(maxsize=5000)
def compile_pcre(pattern, names=False):
    bare = re.sub(r"\\[^A-Za-z0-9]", "", pattern)
    found = REFUSED.search(bare)
    if found:
        raise NotImplementedSpl(f"`{found.group()}` in a regular expression")
    flags = re.match(r"\(\?([a-z]+)\)", bare)
    if "(?" in bare:
        for m in re.finditer(r"\(\?(P?<[A-Za-z_]|<[=!]|[:=!]|[ims]+[:)])?", bare):
            if not m.group(1):
                raise NotImplementedSpl(f"`{bare[m.start():m.start() + 6]}` in a regular expression")
    if flags and "i" in flags.group(1) and not pattern.isascii():
        raise NotImplementedSpl("(?i) with letters outside ASCII")
    try:
        return re.compile(GROUP.sub(r"(?P<\1>", pattern), re.ASCII)
    except re.error as e:
        raise SplError(f"the regular expression `{pattern}` is invalid or differs from PCRE: {e}") from None


def replacement(body):
    """A replacement with \\1 to \\9 as Python's template."""
    out, i = [], 0
    while i < len(body):
        if body[i] == "\\":
            if i + 1 < len(body) and body[i + 1].isdigit() and body[i + 1] != "0":
                out.append(f"\\g<{body[i + 1]}>")
                i += 2
                continue
            raise NotImplementedSpl(f"`{body[i:i + 2]}` in a replacement")
        out.append(body[i])
        i += 1
    return "".join(out)
