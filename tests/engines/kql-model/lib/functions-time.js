'use strict';
// Functions of time. In: compiled arguments. Out: a compiled expression. All in UTC, in 100 ns ticks.
const V = require('./values');
const { define, alias } = require('./functions');

const { refuse, DAY, HOUR, MINUTE, SECOND, MS, floorDiv } = V;
const WEEK = 7n * DAY;
const start = {
  day: (t) => floorDiv(t, DAY) * DAY,
  week: (t) => floorDiv(t + DAY, WEEK) * WEEK - DAY, // 0001-01-01 was a Monday; weeks start on Sunday
  month: (t) => { const d = V.dateOf(t); return at(d.getUTCFullYear(), d.getUTCMonth()); },
  year: (t) => at(V.dateOf(t).getUTCFullYear(), 0),
};
function at(year, month) {
  const d = new Date(0);
  d.setUTCFullYear(year, month, 1);
  return V.ticksOf(d);
}
const move = {
  day: (t, n) => t + n * DAY,
  week: (t, n) => t + n * WEEK,
  month: (t, n) => { const d = V.dateOf(t); return at(d.getUTCFullYear(), d.getUTCMonth() + Number(n)); },
  year: (t, n) => at(V.dateOf(t).getUTCFullYear() + Number(n), 0),
};
for (const part of ['day', 'week', 'month', 'year']) {
  define(`startof${part}`, ['datetime', 'long?'], 'datetime', ([t, n = 0n]) => move[part](start[part](t), n));
  define(`endof${part}`, ['datetime', 'long?'], 'datetime', ([t, n = 0n]) => move[part](start[part](t), n + 1n) - 1n);
}
define('now', ['timespan?'], 'datetime', ([d = 0n], _, c) => c.now + d);
define('ago', ['timespan'], 'datetime', ([d], _, c) => c.now - d);
define('hourofday', ['datetime'], 'long', ([t]) => floorDiv(t, HOUR) % 24n);
define('dayofweek', ['datetime'], 'timespan', ([t]) => ((floorDiv(t, DAY) + 1n) % 7n) * DAY);
define('dayofmonth', ['datetime'], 'int', ([t]) => BigInt(V.dateOf(t).getUTCDate()));
const dayOfYear = (t) => (start.day(t) - start.year(t)) / DAY + 1n;
define('dayofyear', ['datetime'], 'int', ([t]) => dayOfYear(t));
define('monthofyear', ['datetime'], 'long', ([t]) => BigInt(V.dateOf(t).getUTCMonth() + 1));
alias('getmonth', 'monthofyear');
define('getyear', ['datetime'], 'long', ([t]) => BigInt(V.dateOf(t).getUTCFullYear()));
const PART = {
  year: (t) => BigInt(V.dateOf(t).getUTCFullYear()),
  quarter: (t) => BigInt(Math.floor(V.dateOf(t).getUTCMonth() / 3) + 1),
  month: (t) => BigInt(V.dateOf(t).getUTCMonth() + 1),
  day: (t) => BigInt(V.dateOf(t).getUTCDate()),
  dayofyear: dayOfYear,
  hour: (t) => floorDiv(t, HOUR) % 24n,
  minute: (t) => floorDiv(t, MINUTE) % 60n,
  second: (t) => floorDiv(t, SECOND) % 60n,
  millisecond: (t) => floorDiv(t, MS) % 1000n,
  microsecond: (t) => (t / 10n) % 1000000n,
  nanosecond: (t) => (t % SECOND) * 100n,
};
define('datetime_part', ['string', 'datetime'], 'int', ([part, t]) => (PART[part.toLowerCase()] || (() => refuse(`datetime_part of \`${part}\``)))(t));
const months = (t) => PART.year(t) * 12n + PART.month(t);
const DIFF = {
  year: PART.year, quarter: (t) => floorDiv(months(t) - 1n, 3n), month: months,
  day: (t) => floorDiv(t, DAY), hour: (t) => floorDiv(t, HOUR), minute: (t) => floorDiv(t, MINUTE), second: (t) => floorDiv(t, SECOND),
  millisecond: (t) => floorDiv(t, MS), microsecond: (t) => floorDiv(t, 10n), nanosecond: (t) => t * 100n,
};
/** `week` is refused: the recorded answer is a real, the manual says an integer. */
define('datetime_diff', ['string', 'datetime', 'datetime'], 'long', ([part, a, b]) => {
  const f = DIFF[part.toLowerCase()] || refuse(`datetime_diff of \`${part}\``);
  return f(a) - f(b);
});
const ADD = { week: WEEK, day: DAY, hour: HOUR, minute: MINUTE, second: SECOND, millisecond: MS, microsecond: 10n };
define('datetime_add', ['string', 'long', 'datetime'], 'datetime', ([part, n, t]) => t + n * (ADD[part.toLowerCase()] || refuse(`datetime_add of \`${part}\``)));
for (const [unit, ticks] of [['seconds', SECOND], ['milliseconds', MS], ['microseconds', 10n]]) {
  define(`unixtime_${unit}_todatetime`, ['num'], 'datetime', ([n]) => (typeof n === 'bigint' ? V.UNIX + n * ticks
    : V.UNIX + BigInt(Math.trunc(n)) * ticks + BigInt(Math.round((n - Math.trunc(n)) * Number(ticks)))));
}
define('unixtime_nanoseconds_todatetime', ['long'], 'datetime', ([n]) => (n % 100n === 0n ? V.UNIX + n / 100n : refuse(`${n} ns, finer than a tick`)));
define('make_datetime', ['long', 'long', 'long', 'long?', 'long?', 'num?'], 'datetime', ([y, mo, d, h = 0n, mi = 0n, s = 0n]) => {
  if (typeof s === 'number') refuse('make_datetime with a real second');
  const p = (n, w = 2) => String(n).padStart(w, '0');
  return V.parseTime(`${p(y, 4)}-${p(mo)}-${p(d)}T${p(h)}:${p(mi)}:${p(s)}Z`);
});

/** The zone's offset from UTC at an instant, in ticks. */
function offset(zone, t) {
  let f;
  try {
    f = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' });
  } catch (e) { return refuse(`the time zone \`${zone}\``); }
  const p = Object.fromEntries(f.formatToParts(V.dateOf(t)).map((x) => [x.type, Number(x.value)]));
  const local = Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second);
  return BigInt(local) * MS + V.UNIX - floorDiv(t, SECOND) * SECOND;
}
define('datetime_utc_to_local', ['datetime', 'string'], 'datetime', ([t, zone]) => t + offset(zone, t));
