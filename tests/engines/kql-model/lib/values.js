'use strict';
// The values of KQL: what a datetime, a timespan, a long and a dynamic are, how they read and print.
// In: text of the query or of the input. Out: null, boolean, BigInt (int, long, datetime and timespan in
// 100 ns ticks), number (real), string, and for dynamic arrays, Maps and the two wrappers below.
// Must never know about tables or operators.

/** What the manual does not settle, or the model does not have, is refused with this. */
class Refusal extends Error {}
/** A name that is no table here: a leg that `union isfuzzy=true` leaves out. */
class NoTable extends Refusal {}
const refuse = (what) => { throw new Refusal('not implemented: ' + what); };

/** A value that the manual leaves open (a tie, a deviation of one value): any use of it is refused. */
const open = (why) => Symbol('the manual leaves open ' + why);

/** False or null, the manual does not say which: `null and true`, `null == null`. As a condition it is not met. */
const UNSURE = open('whether `null and x`, `null or x`, `null == null` is null or false, which shows where it is negated or kept');

class DynTime { constructor(ticks) { this.ticks = ticks; } }
class DynSpan { constructor(ticks) { this.ticks = ticks; } }

const MS = 10000n, SECOND = 10000000n, MINUTE = 60n * SECOND, HOUR = 60n * MINUTE, DAY = 24n * HOUR;
const UNIX = 621355968000000000n;
const MAX_TIME = 3155378975999999999n;
const wrap64 = (n) => BigInt.asIntN(64, n);
const floorDiv = (a, b) => { const q = a / b; return (a % b !== 0n && (a < 0n) !== (b < 0n)) ? q - 1n : q; };

/** Ticks of 0001-01-01 of an ISO text, null where the text is not a time, refusal for other formats. */
function parseTime(text) {
  const m = /^\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?)?\s*(Z|[+-]\d{2}:\d{2})?\s*$/i.exec(text);
  if (!m) {
    if (text.trim() === '' || !/\d/.test(text)) return null;
    return refuse(`the datetime format \`${text}\``);
  }
  const [y, mo, d, h, mi, s] = [m[1], m[2], m[3], m[4] || 0, m[5] || 0, m[6] || 0].map(Number);
  const date = new Date(0);
  date.setUTCFullYear(y, mo - 1, d);
  if (y < 1 || date.getUTCMonth() !== mo - 1 || date.getUTCDate() !== d || h > 23 || mi > 59 || s > 59) return null;
  let t = BigInt(date.getTime()) * MS + UNIX + BigInt(h) * HOUR + BigInt(mi) * MINUTE + BigInt(s) * SECOND;
  t += BigInt((m[7] || '').padEnd(7, '0'));
  if (m[8] && m[8].toUpperCase() !== 'Z') {
    const off = BigInt(m[8].slice(1, 3)) * HOUR + BigInt(m[8].slice(4, 6)) * MINUTE;
    t -= m[8][0] === '-' ? -off : off;
  }
  return t;
}

/** A Date of the ticks, floored to the millisecond. */
const dateOf = (t) => new Date(Number(floorDiv(t - UNIX, MS)));
const ticksOf = (date) => BigInt(date.getTime()) * MS + UNIX;

/** `tostring` of a datetime: seven digits always. */
function showTime(t) {
  const frac = ((t % SECOND) + SECOND) % SECOND;
  return dateOf(t).toISOString().slice(0, 19) + '.' + String(frac).padStart(7, '0') + 'Z';
}
/** A datetime in results: no digits, three or seven. */
function resultTime(t) {
  const full = showTime(t);
  return full.replace(/\.0000000Z$/, 'Z').replace(/(\.\d{3})0000Z$/, '$1Z');
}

const UNITS = { d: DAY, day: DAY, days: DAY, h: HOUR, hr: HOUR, hrs: HOUR, hour: HOUR, hours: HOUR, m: MINUTE, min: MINUTE,
  minute: MINUTE, minutes: MINUTE, s: SECOND, sec: SECOND, second: SECOND, seconds: SECOND, ms: MS, milli: MS, millis: MS,
  millisec: MS, millisecond: MS, milliseconds: MS, micro: 10n, micros: 10n, microsec: 10n, microsecond: 10n,
  microseconds: 10n, tick: 1n, ticks: 1n };

/** `5m`, `1.5h`, `00:00:01`, `1.00:00:00`, `-1d`; null where the text is no timespan. */
function parseSpan(text) {
  const t = text.trim();
  let m = /^(-?)(\d+)(?:\.(\d+))?\s*([a-z]+)$/i.exec(t);
  if (m) {
    const unit = UNITS[m[4].toLowerCase()];
    if (unit === undefined) return refuse(`the timespan \`${text}\``);
    const frac = m[3] || '', scale = 10n ** BigInt(frac.length), n = BigInt(m[2] + frac) * unit;
    if (n % scale !== 0n) return refuse(`the timespan \`${text}\`, finer than a tick`);
    return m[1] ? -(n / scale) : n / scale;
  }
  m = /^(-?)(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?$/.exec(t);
  if (m) {
    if (Number(m[3]) > 23 || Number(m[4]) > 59 || Number(m[5] || 0) > 59) return refuse(`the timespan \`${text}\``);
    const n = BigInt(m[2] || 0) * DAY + BigInt(m[3]) * HOUR + BigInt(m[4]) * MINUTE + BigInt(m[5] || 0) * SECOND
      + BigInt((m[6] || '').padEnd(7, '0'));
    return m[1] ? -n : n;
  }
  if (!/\d/.test(t)) return null;
  return refuse(`the timespan \`${text}\``);
}

/** The constant format `[-][d.]hh:mm:ss[.fffffff]`. */
function showSpan(t) {
  const neg = t < 0n, a = neg ? -t : t, two = (n) => String(n).padStart(2, '0');
  const days = a / DAY, frac = a % SECOND;
  return (neg ? '-' : '') + (days ? days + '.' : '') + two((a / HOUR) % 24n) + ':' + two((a / MINUTE) % 60n) + ':'
    + two((a / SECOND) % 60n) + (frac ? '.' + String(frac).padStart(7, '0') : '');
}

/** The text of a real inside a dynamic or a string; far from 1 the manual does not say which form. */
function showReal(x) {
  if (Number.isNaN(x)) return 'NaN';
  if (!Number.isFinite(x)) return refuse('the text of an infinite real');
  const a = Math.abs(x);
  if (a !== 0 && (a >= 1e15 || a < 1e-4)) return refuse(`the text of the real ${x}`);
  return Number.isInteger(x) ? x + '.0' : String(x);
}

/** JSON text of a dynamic, as `tostring` gives it. */
function showDynamic(v) {
  if (v === null) return 'null';
  if (typeof v === 'string') return JSON.stringify(v);
  if (typeof v === 'number') return showReal(v);
  if (typeof v === 'bigint' || typeof v === 'boolean') return String(v);
  if (v instanceof DynTime) return JSON.stringify(showTime(v.ticks));
  if (v instanceof DynSpan) return JSON.stringify(showSpan(v.ticks));
  if (Array.isArray(v)) return '[' + v.map(showDynamic).join(',') + ']';
  if (v instanceof Map) return '{' + [...v].map(([k, x]) => JSON.stringify(k) + ':' + showDynamic(x)).join(',') + '}';
  throw new TypeError('open value in a dynamic');
}

/** The text of a scalar: `tostring`, `strcat`. Null is the empty string. */
function show(type, v) {
  if (v === null) return '';
  if (typeof v === 'symbol') throw new TypeError('Symbol: ' + v.description);
  switch (type) {
    case 'string': return v;
    case 'bool': return v ? 'True' : 'False';
    case 'int': case 'long': return String(v);
    case 'real': return Number.isInteger(v) ? refuse(`the text of the whole real ${v} (convert it to long first)`) : showReal(v);
    case 'datetime': return showTime(v);
    case 'timespan': return showSpan(v);
    case 'dynamic': return typeof v === 'string' ? v : showDynamic(v);
    default: return refuse(`the text of a ${type}`);
  }
}

const toDynamic = (type, v) => (v === null ? null : type === 'datetime' ? new DynTime(v) : type === 'timespan' ? new DynSpan(v) : v);

/** A parsed JSON text as a dynamic; numbers keep their kind (`5` is a long, `5.0` a real). */
function parseJson(text) {
  let i = 0;
  const fail = () => { throw new SyntaxError('json'); };
  const ws = () => { while (i < text.length && ' \t\r\n'.includes(text[i])) i += 1; };
  const string = () => {
    const m = /"(?:[^"\\\u0000-\u001f]|\\.)*"/y; m.lastIndex = i;
    const hit = m.exec(text) || fail();
    i += hit[0].length;
    return JSON.parse(hit[0]);
  };
  const value = () => {
    ws();
    const ch = text[i];
    if (ch === '"') return string();
    if (ch === '[') {
      const out = []; i += 1; ws();
      if (text[i] === ']') { i += 1; return out; }
      for (;;) { out.push(value()); ws(); const c = text[i++]; if (c === ']') return out; if (c !== ',') fail(); }
    }
    if (ch === '{') {
      const out = new Map(); i += 1; ws();
      if (text[i] === '}') { i += 1; return out; }
      for (;;) {
        ws(); const k = string(); ws(); if (text[i++] !== ':') fail();
        out.set(k, value()); ws(); const c = text[i++]; if (c === '}') return out; if (c !== ',') fail();
      }
    }
    const m = /true|false|null|-?\d+(\.\d+)?([eE][+-]?\d+)?/y; m.lastIndex = i;
    const hit = m.exec(text) || fail();
    i += hit[0].length;
    if (hit[0] === 'null') return null;
    if (hit[0] === 'true' || hit[0] === 'false') return hit[0] === 'true';
    return hit[1] || hit[2] ? Number(hit[0]) : BigInt(hit[0]);
  };
  const v = value();
  ws();
  return i === text.length ? v : fail();
}

/** A key under which equal values of one type meet (grouping, joins, sets). */
function keyOf(v) {
  if (v === null) return 'n';
  switch (typeof v) {
    case 'string': return 's' + v;
    case 'bigint': return 'i' + v;
    case 'number': return 'r' + (v === 0 ? 0 : v);
    case 'boolean': return 'b' + v;
    case 'symbol': throw new TypeError('Symbol: ' + v.description);
    default: return 'd' + showDynamic(v);
  }
}

module.exports = { Refusal, NoTable, refuse, open, UNSURE, DynTime, DynSpan, MS, SECOND, MINUTE, HOUR, DAY, UNIX, MAX_TIME, wrap64, floorDiv,
  parseTime, parseSpan, dateOf, ticksOf, showTime, resultTime, showSpan, showReal, show, showDynamic, toDynamic, parseJson, keyOf };
