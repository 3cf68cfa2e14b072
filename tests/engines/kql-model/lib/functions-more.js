'use strict';
// Functions of arrays, bags and IP addresses. In: compiled arguments. Out: a compiled expression.
const V = require('./values');
const O = require('./ops');
const { define, alias } = require('./functions');
const { functions } = require('./registry');

const { refuse, keyOf, toDynamic } = V;
const array = (v, fn) => (Array.isArray(v) ? v : refuse(`${fn} of a dynamic that is no array`));

define('pack_array', ['any', '...'], 'dynamic', (vs, ts) => vs.map((v, i) => toDynamic(ts[i], v)), { nulls: true });
functions.set('bag_pack', (given) => {
  if (given.length % 2) refuse('bag_pack with a key that has no value');
  return { type: 'dynamic', ev: (r, c) => {
    const out = new Map();
    for (let i = 0; i + 1 < given.length; i += 2) {
      const k = V.show(given[i].type, given[i].ev(r, c));
      if (out.has(k)) refuse('bag_pack with a repeated key');
      out.set(k, toDynamic(given[i + 1].type, O.live(given[i + 1].ev(r, c))));
    }
    return out;
  } };
});
alias('pack', 'bag_pack'); alias('pack_dictionary', 'bag_pack');
define('bag_keys', ['dynamic'], 'dynamic', ([d]) => (d instanceof Map ? [...d.keys()] : null));
define('bag_has_key', ['dynamic', 'string'], 'bool', ([d, k]) => (d instanceof Map && !/^\$/.test(k) ? d.has(k) : refuse('bag_has_key of no bag')));
define('bag_remove_keys', ['dynamic', 'dynamic'], 'dynamic', ([d, keys]) => {
  if (!(d instanceof Map)) return refuse('bag_remove_keys of no bag');
  if (array(keys, 'bag_remove_keys').some((k) => typeof k !== 'string' || k.startsWith('$'))) refuse('bag_remove_keys by a path');
  return new Map([...d].filter(([k]) => !keys.includes(k)));
});
define('array_length', ['dynamic'], 'long', ([d]) => (Array.isArray(d) ? BigInt(d.length) : null));
define('array_concat', ['dynamic', '...'], 'dynamic', (ds) => ds.flatMap((d) => array(d, 'array_concat')));
define('array_reverse', ['dynamic'], 'dynamic', ([d]) => (Array.isArray(d) ? [...d].reverse() : null));
define('array_sum', ['dynamic'], 'real', ([d]) => array(d, 'array_sum').reduce((a, v) => a + (typeof v === 'bigint' || typeof v === 'number' ? Number(v) : refuse('array_sum of other than numbers')), 0));
/** `array_index_of(array, value, start, length, occurrence)`: a negative start counts from the end, a length of -1 is all that follows. */
functions.set('array_index_of', ([d, what, ...rest]) => {
  if (rest.length > 3 || d.type !== 'dynamic' || rest.some((e) => !['int', 'long'].includes(e.type))) refuse('array_index_of with these arguments');
  return { type: 'long', ev: (r, c) => {
    const list = d.ev(r, c), v = toDynamic(what.type, what.ev(r, c)), [start, length, nth] = [0n, -1n, 1n].map((x, i) => (rest[i] ? rest[i].ev(r, c) : x));
    if (!Array.isArray(list)) return list === null ? null : refuse('array_index_of of no array');
    if (v === null || start === null || length === null || nth === null) return refuse('array_index_of of null');
    const n = BigInt(list.length), from = start < 0n ? n + start : start, to = length === -1n ? n : from + length;
    if (from < 0n || from > n || length < -1n || nth < 1n) return refuse('array_index_of beyond the array');
    let left = nth;
    return BigInt(list.findIndex((x, i) => i >= from && i < to && keyOf(x) === keyOf(v) && (left -= 1n) === 0n));
  } };
});
define('array_slice', ['dynamic', 'long', 'long'], 'dynamic', ([d, from, to]) => {
  const list = array(d, 'array_slice'), n = BigInt(list.length);
  const place = (i) => (i < 0n ? (-i > n ? 0n : n + i) : i);
  const a = place(from), b = to < 0n && -to > n ? -1n : place(to);
  return b < a ? [] : list.slice(Number(a), Number(b) + 1);
});
function sorter(name, sign) {
  functions.set(name, ([d, last, ...rest]) => {
    if (rest.length || (last && last.type !== 'bool')) refuse(`${name} with these arguments`);
    return { type: 'dynamic', ev: (r, c) => {
      const list = d.ev(r, c);
      if (!Array.isArray(list)) return refuse(`${name} of no array`);
      const nulls = list.filter((x) => x === null), kinds = new Set(list.filter((x) => x !== null).map((x) => (typeof x === 'number' ? 'bigint' : typeof x)));
      if (kinds.size > 1 || kinds.has('object') || kinds.has('boolean')) return refuse(`${name} of these elements`);
      const bytes = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));
      const cmp = kinds.has('string') ? bytes : (a, b) => (a < b ? -1 : a > b ? 1 : 0);
      const sorted = list.filter((x) => x !== null).sort((a, b) => sign * cmp(a, b));
      return !last || O.live(last.ev(r, c)) ? [...sorted, ...nulls] : [...nulls, ...sorted];
    } };
  });
}
sorter('array_sort_asc', 1); sorter('array_sort_desc', -1);
define('strcat_array', ['dynamic', 'string'], 'string', ([d, by]) => array(d, 'strcat_array').map((v) => V.show('dynamic', v)).join(by));
const unique = (list) => [...new Map(list.map((v) => [keyOf(v), v])).values()];
const setOf = (v, fn) => new Set(array(v, fn).map(keyOf));
define('set_union', ['dynamic', '...'], 'dynamic', (ds) => unique(ds.flatMap((d) => array(d, 'set_union'))));
define('set_intersect', ['dynamic', '...'], 'dynamic', ([d, ...more]) => {
  const others = more.map((m) => setOf(m, 'set_intersect'));
  return unique(array(d, 'set_intersect')).filter((v) => others.every((o) => o.has(keyOf(v))));
});
define('set_difference', ['dynamic', '...'], 'dynamic', ([d, ...more]) => {
  const others = more.map((m) => setOf(m, 'set_difference'));
  return unique(array(d, 'set_difference')).filter((v) => !others.some((o) => o.has(keyOf(v))));
});
define('set_has_element', ['dynamic', 'any'], 'bool', ([d, v], [, t]) => setOf(d, 'set_has_element').has(keyOf(toDynamic(t, v))));
define('range', ['any', 'any', 'any?'], 'dynamic', ([from, to, step], [a, , b]) => {
  const unit = a === 'long' || a === 'int' ? 1n : V.HOUR, by = step ?? unit;
  if ((!['long', 'int', 'datetime', 'timespan'].includes(a)) || typeof by !== 'bigint' || by <= 0n || (step === undefined && unit !== 1n) || b === 'real') refuse('range of these values');
  const out = [];
  for (let v = from; v <= to; v += by) { out.push(toDynamic(a, v)); if (out.length > 1048576) refuse('range this long'); }
  return out;
});

// addresses: an invalid one is null
/** [number, prefix] of `a.b.c.d[/n]`, or null. */
function v4(text) {
  const m = /^\s*(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?\s*$/.exec(text);
  if (!m) return /^[\d.\s/]+$/.test(text) && /\d/.test(text) ? refuse(`the IPv4 address \`${text}\``) : null;
  const parts = m.slice(1, 5).map(Number), prefix = m[5] === undefined ? 32 : Number(m[5]);
  if (parts.some((p) => p > 255)) return null;
  if (prefix > 32 || m.slice(1, 5).some((p) => p.length > 1 && p[0] === '0')) return refuse(`the IPv4 address \`${text}\``);
  return [parts.reduce((a, p) => a * 256n + BigInt(p), 0n), prefix];
}
/** [number, prefix] of an IPv6 address, an IPv4 one as ::ffff:a.b.c.d, or null. */
function v6(text) {
  const four = /:/.test(text) ? null : v4(text);
  if (four) return [0xffff00000000n + four[0], four[1] + 96];
  const m = /^\s*([0-9a-f:]+)((?<=:)\d+\.\d+\.\d+\.\d+)?(?:\/(\d{1,3}))?\s*$/i.exec(text);
  if (!m) return null;
  const tail = m[2] ? v4(m[2]) : null;
  if (m[2] && !tail) return null;
  const groups = (m[1] + (tail ? ((tail[0] >> 16n).toString(16) + ':' + (tail[0] & 0xffffn).toString(16)) : '')).split('::');
  if (groups.length > 2) return null;
  const [head, rest] = groups.map((g) => (g === '' ? [] : g.split(':')));
  const fill = rest ? 8 - head.length - rest.length : 0;
  const all = [...head, ...Array(Math.max(fill, 0)).fill('0'), ...(rest || [])];
  if (all.length !== 8 || (rest && fill < 1) || all.some((g) => !/^[0-9a-f]{1,4}$/i.test(g))) return null;
  const prefix = m[3] === undefined ? 128 : Number(m[3]);
  if (prefix > 128) return refuse(`the IPv6 prefix of \`${text}\``);
  return [all.reduce((a, g) => a * 65536n + BigInt(parseInt(g, 16)), 0n), prefix];
}
const masked = ([n, p], bits, upTo) => { const k = BigInt(bits - Math.min(p, upTo)); return (n >> k) << k; };
/** Compares under the smaller of the prefixes: -1, 0, 1, or null. */
function compare(parse, bits, a, b, prefix) {
  const x = parse(a), y = parse(b);
  if (x === null || y === null) return null;
  const p = Math.min(x[1], y[1], prefix === undefined ? bits : Number(prefix));
  if (p < 0) return refuse('a negative prefix');
  const m = masked(x, bits, p), n = masked(y, bits, p);
  return m < n ? -1n : m > n ? 1n : 0n;
}
for (const [name, parse, bits] of [['ipv4', v4, 32], ['ipv6', v6, 128]]) {
  define(`${name}_compare`, ['string', 'string', 'long?'], 'long', ([a, b, p]) => compare(parse, bits, a, b, p));
  define(`${name}_is_match`, ['string', 'string', 'long?'], 'bool', ([a, b, p]) => { const k = compare(parse, bits, a, b, p); return k === null ? null : k === 0n; });
  define(`${name}_is_in_range`, ['string', 'string'], 'bool', ([a, b]) => {
    const x = parse(a), y = parse(b);
    if (x === null || y === null) return null;
    return masked(x, bits, Math.min(x[1], y[1])) === masked(y, bits, y[1]) && (x[1] >= y[1] || refuse('a range inside a range'));
  });
}
for (const version of ['ipv4', 'ipv6']) {
  const name = `${version}_is_in_any_range`;
  functions.set(name, ([a, ...ranges]) => {
    const inRange = functions.get(`${version}_is_in_range`);
    const listed = ranges.length === 1 && ranges[0].type === 'dynamic';
    if (!ranges.length || (!listed && ranges.some((e) => e.type !== 'string'))) refuse(`${name} with these arguments`);
    const any = (hits) => (hits.includes(null) ? refuse(`${name} of an invalid address or range`) : hits.includes(true));
    const test = (b) => inRange([a, b], `${version}_is_in_range`);
    if (!listed) { const tests = ranges.map(test); return { type: 'bool', ev: (r, c) => any(tests.map((t) => t.ev(r, c))) }; }
    return { type: 'bool', ev: (r, c) => any(array(ranges[0].ev(r, c), name).map((x) => test({ type: 'dynamic', ev: () => x }).ev(r, c))) };
  });
}
define('parse_ipv4', ['string'], 'long', ([a]) => { const x = v4(a); return x === null ? null : masked(x, 32, 32); });
define('format_ipv4', ['any', 'long?'], 'string', ([a, p = 32n], [t]) => {
  const x = t === 'string' ? v4(a) : typeof a === 'bigint' && a >= 0n && a < 2n ** 32n ? [a, 32] : refuse('format_ipv4 of this value');
  if (x === null || p < 0n || p > 32n) return '';
  const n = masked(x, 32, Number(p));
  return [24n, 16n, 8n, 0n].map((k) => (n >> k) & 255n).join('.');
});
