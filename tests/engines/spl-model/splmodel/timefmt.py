"""Time: relative modifiers, strftime and strptime. The search's time zone is UTC."""
import re
from datetime import datetime, timedelta, timezone

from .values import NotImplementedSpl, SplError

UNITS = {"s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1, "m": 60, "min": 60, "mins": 60, "minute": 60, "minutes": 60,
         "h": 3600, "hr": 3600, "hrs": 3600, "hour": 3600, "hours": 3600, "d": 86400, "day": 86400, "days": 86400,
         "w": 604800, "week": 604800, "weeks": 604800}
SPAN = re.compile(r"(\d+)([A-Za-z]+)\Z")
PART = re.compile(r"([+-])(\d*)([a-z]+)|@([a-z]+)")


def span_seconds(source, what):
    m = SPAN.match(source)
    if not m or m.group(2) not in UNITS:
        raise NotImplementedSpl(f"{what}={source}: a whole number of s, m, h or d")
    seconds = int(m.group(1)) * UNITS[m.group(2)]
    if not seconds:
        raise SplError(f"{what} must not be 0")
    return seconds


def relative(now, source):
    """`-1d@d`, `+15m`, `@h`, `now`: offsets and snaps applied left to right."""
    if source in ("now", "now()", ""):
        return float(now)
    at, t = 0, now
    while at < len(source):
        m = PART.match(source, at)
        if not m:
            raise NotImplementedSpl(f"the time modifier `{source}`")
        unit = m.group(3) or m.group(4)
        if unit not in UNITS or m.group(4) and UNITS[unit] == 604800:
            raise NotImplementedSpl(f"the unit of the time modifier `{source}`")
        if m.group(4):
            t = t - t % UNITS[unit]
        else:
            step = int(m.group(2) or 1) * UNITS[unit]
            t = t + step if m.group(1) == "+" else t - step
        at = m.end()
    return float(t)


def strftime(t, fmt):
    try:
        d = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=round(t * 1000000))
    except OverflowError:
        raise NotImplementedSpl("strftime() beyond the year 9999") from None

    def part(m):
        code = m.group(1)
        if code in ("Q", "3Q", "3N"):
            return f"{d.microsecond // 1000:03d}"
        if code in ("6Q", "6N"):
            return f"{d.microsecond:06d}"
        if code == "s":
            return str(int(t // 1))
        if code == "F":
            return d.strftime("%Y-%m-%d")
        if code == "T":
            return d.strftime("%H:%M:%S")
        if code in ("z",):
            return "+0000"
        if code in "YmdHMSjaAbByIp" and len(code) == 1:
            return d.strftime("%" + code)
        if code == "%":
            return "%"
        raise NotImplementedSpl(f"%{code} in a time format")
    return re.sub(r"%(\d?[A-Za-z%])", part, fmt)


def strptime(value, fmt):
    out, groups = [], []
    shapes = {"Y": r"(\d{4})", "m": r"(\d{1,2})", "d": r"(\d{1,2})", "H": r"(\d{1,2})", "M": r"(\d{1,2})", "S": r"(\d{1,2})",
              "3N": r"(\d{3})", "3Q": r"(\d{3})", "Q": r"(\d{3})", "6N": r"(\d{6})", "z": r"(Z|[+-]\d{2}:?\d{2})"}
    fmt = fmt.replace("%F", "%Y-%m-%d").replace("%T", "%H:%M:%S")
    at = 0
    for m in re.finditer(r"%(\d?[A-Za-z%])", fmt):
        out.append(re.escape(fmt[at:m.start()]))
        if m.group(1) not in shapes:
            raise NotImplementedSpl(f"%{m.group(1)} in strptime")
        out.append(shapes[m.group(1)])
        groups.append(m.group(1))
        at = m.end()
    out.append(re.escape(fmt[at:]))
    found = re.match("".join(out) + r"\Z", value)
    if not found:
        return None
    got = dict(zip(groups, found.groups()))
    if not {"Y", "m", "d"} <= set(got):
        raise NotImplementedSpl("strptime without a full date")
    try:
        base = datetime(int(got["Y"]), int(got["m"]), int(got["d"]), int(got.get("H", 0)), int(got.get("M", 0)), int(got.get("S", 0)),
                        tzinfo=timezone.utc)
    except ValueError:
        return None
    t = (base - datetime(1970, 1, 1, tzinfo=timezone.utc)) / timedelta(seconds=1)
    zone = got.get("z", "Z")
    if zone != "Z":
        sign = 1 if zone[0] == "+" else -1
        t -= sign * (int(zone[1:3]) * 3600 + int(zone[-2:]) * 60)
    for code in ("3N", "3Q", "Q"):
        if code in got:
            t += int(got[code]) / 1000
    if "6N" in got:
        t += int(got["6N"]) / 1e6
    return float(t)
