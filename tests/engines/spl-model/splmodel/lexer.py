"""Splits a search into commands and a command's text into tokens. Macros and comments are resolved here."""
import re

from .values import NotImplementedSpl, SplError

MACRO = re.compile(r"\s*([A-Za-z0-9_:-]+)\s*(?:\((.*)\))?\s*\Z", re.S)


def unescape(body):
    """Inside double quotes \\" \\\\ and \\| are escapes; every other backslash stays as it is (Search Reference, search, Quotes and escaping)."""
    return re.sub(r'\\(["\\|])', r"\1", body) if "\\" in body else body


def string_end(s, start):
    """The index of the quote that closes the one at `start`."""
    i, n = start + 1, len(s)
    while i < n:
        if s[i] == "\\":
            i += 2
        elif s[i] == '"':
            return i
        else:
            i += 1
    raise SplError("unbalanced quotes")


def expand(query, macros, depth=0):
    """Removes ```comments``` and replaces `macros`; a macro inside a quoted string is refused."""
    if "`" not in query:
        return query
    if depth > 10:
        raise SplError("macros are nested too deeply")
    out, i, n = [], 0, len(query)
    while i < n:
        c = query[i]
        if c == '"':
            end = string_end(query, i)
            if "`" in query[i:end]:
                raise NotImplementedSpl("a backquote inside a quoted string")
            out.append(query[i:end + 1])
            i = end + 1
        elif query.startswith("```", i):
            end = query.find("```", i + 3)
            if end < 0:
                raise SplError("unbalanced comment")
            out.append(" ")
            i = end + 3
        elif c == "`":
            end = _macro_end(query, i)
            out.append(expand(_macro_text(query[i + 1:end], macros), macros, depth + 1))
            i = end + 1
        elif c == "\\":
            out.append(query[i:i + 2])
            i += 2
        else:
            out.append(c)
            i += 1
    return "".join(out)


def _macro_end(query, start):
    i = start + 1
    while i < len(query):
        if query[i] == '"':
            i = string_end(query, i)
        elif query[i] == "`":
            return i
        i += 1
    raise SplError("unbalanced backquotes")


def _macro_text(call, macros):
    m = MACRO.match(call)
    if not m:
        raise SplError(f"cannot parse the macro `{call}`")
    name, args = m.group(1), m.group(2)
    if name == "comment" and args is not None:
        return ""
    given = split_top(args) if args is not None and args.strip() else []
    key = f"{name}({len(given)})" if given else name
    if key not in macros:
        raise SplError(f"unknown macro `{key}`")
    found = macros[key]
    if isinstance(found, str):
        return found
    body = found["definition"]
    for arg, value in zip(found.get("args", []), given):
        value = value.strip()
        if value.startswith('"') and value.endswith('"') and len(value) > 1:
            value = unescape(value[1:-1])
        body = body.replace(f"${arg}$", value)
    return body


def split_top(s, sep=","):
    """Splits at `sep` outside of quotes and parentheses."""
    parts, depth, start, i = [], 0, 0, 0
    while i < len(s):
        c = s[i]
        if c == '"':
            i = string_end(s, i)
        elif c == "(":
            depth += 1
        elif c == ")":
            depth -= 1
        elif c == sep and depth == 0:
            parts.append(s[start:i])
            start = i + 1
        elif c == "\\":
            i += 1
        i += 1
    parts.append(s[start:])
    return parts


def split_commands(query):
    """The text of each command. A pipe inside double quotes belongs to the string, one inside square brackets to the subsearch."""
    parts, start, i, n, depth = [], 0, 0, len(query), 0
    while i < n:
        c = query[i]
        if c == '"':
            i = string_end(query, i)
        elif c == "[":
            # Only `append` takes one here: `[` is no word of any other command.
            if depth or query[start:i].strip().lower() != "append":
                raise NotImplementedSpl("subsearches other than that of `append`")
            depth = 1
        elif c == "]":
            if not depth:
                raise SplError("`]` without `[`")
            depth = 0
        elif c == "\\":
            i += 1
        elif c == "|" and not depth:
            parts.append(query[start:i])
            start = i + 1
        i += 1
    if depth:
        raise SplError("`[` without `]`")
    parts.append(query[start:])
    return [p.strip() for p in parts]


TOKEN = re.compile(r'\s*(?:(?P<q>"(?:[^"\\]|\\.)*")|(?P<s>\'[^\']*\')|(?P<w>[^\s",()=\'|<>!\[\]\\]+)|(?P<p>[,()=]|[<>!]=?))', re.S)


class Tokens:
    """The words of a command other than search, eval and where: (kind, text) with kind w(ord), q(uoted), s(ingle-quoted) or p(unctuation)."""

    def __init__(self, source):
        self.source, self.pos, self.found, self.ends = source, 0, [], []
        at = 0
        while source[at:].strip():
            m = TOKEN.match(source, at)
            if not m:
                raise NotImplementedSpl(f"`{source[at:at + 20].strip()}` in `{source[:40]}`")
            kind = m.lastgroup
            body = m.group(kind)
            if kind == "q":
                body = unescape(body[1:-1])
            elif kind == "s":
                body = body[1:-1]
            self.found.append((kind, body, m.start(kind), m.end()))
            at = m.end()

    def peek(self, ahead=0):
        at = self.pos + ahead
        return self.found[at][:2] if at < len(self.found) else (None, None)

    def next(self):
        token = self.peek()
        self.pos += 1
        return token

    def done(self):
        return self.pos >= len(self.found)

    def word(self, *words):
        """Takes the next token if it is one of these words, in any case."""
        kind, body = self.peek()
        if kind == "w" and body.lower() in words:
            self.pos += 1
            return body.lower()
        return None

    def punct(self, mark):
        if self.peek() == ("p", mark):
            self.pos += 1
            return True
        return False

    def expect(self, mark):
        if not self.punct(mark):
            raise SplError(f"expected `{mark}` in `{self.source[:60]}`")

    def option(self, *names):
        """Takes `name=value` if the name is one of these."""
        kind, body = self.peek()
        if kind == "w" and body.lower() in names and self.peek(1) == ("p", "="):
            self.pos += 2
            kind, value = self.next()
            if kind not in ("w", "q"):
                raise SplError(f"expected a value after `{body}=`")
            return body.lower(), value
        return None

    def end(self):
        if not self.done():
            raise NotImplementedSpl(f"`{self.peek()[1]}` in `{self.source[:60]}`")


PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:@{}-]*\Z")


def field_name(token, wild=False, single=False):
    """A field name in a command other than eval and where: plain, or in double quotes."""
    kind, body = token
    if kind == "w" and PLAIN_NAME.match(body.replace("*", "_") if wild else body):
        return body
    if kind == "q" and body or kind == "s" and single and body:
        if "*" in body and not wild:
            raise NotImplementedSpl(f"the wildcard in `{body}`")
        return body
    if kind == "w" and "*" in body:
        raise NotImplementedSpl(f"the wildcard in `{body}`")
    raise NotImplementedSpl(f"`{body}` as a field name (quote it)")


def field_list(tokens, wild=False):
    names = []
    while not tokens.done():
        if tokens.punct(","):
            continue
        names.append(field_name(tokens.next(), wild))
    return names


def boolean(value):
    low = value.lower()
    if low in ("t", "true", "1"):
        return True
    if low in ("f", "false", "0"):
        return False
    raise SplError(f"`{value}` is not a boolean")


def integer(value, what):
    if not re.match(r"\d+\Z", value or ""):
        raise SplError(f"{what} needs a whole number, not `{value}`")
    return int(value)
