'use strict';
// Operators on scalars: arithmetic, comparison, logic, string matching, each with KQL's rules for null.
// In: the operator and its compiled operands. Out: a compiled expression {type, ev(row, ctx)}.
// Sources: numerical-operators, datetime-timespan-arithmetic, logical-operators, null-values, datatypes-string-operators.
const { refuse, open, wrap64, MAX_TIME, UNSURE } = require('./values');
const { regex } = require('./regex');

const INTS = new Set(['int', 'long']);
const isNum = (t) => INTS.has(t) || t === 'real';
const common = (a, b) => {
  if (a === b) return a;
  if (isNum(a) && isNum(b)) return a === 'real' || b === 'real' ? 'real' : 'long';
  return refuse(`one type for ${a} and ${b}`);
};
/** The expression's values as `to`: the numeric widenings only. */
function widen(e, to) {
  if (e.type === to || (INTS.has(e.type) && INTS.has(to))) return { ...e, type: to };
  if (INTS.has(e.type) && to === 'real') {
    return { type: to, ev: (r, c) => { const v = e.ev(r, c); return typeof v === 'bigint' ? Number(v) : v; } };
  }
  return refuse(`a ${e.type} where a ${to} is wanted`);
}
const both = (type, a, b, f) => ({ type, ev: (r, c) => {
  const x = a.ev(r, c); if (x === null) return null;
  const y = b.ev(r, c); return y === null ? null : f(x, y);
} });
const spanTimes = (span, x) => {
  const n = Number(span) * x;
  if (!Number.isFinite(n) || Math.abs(n) > 9e15) refuse('a timespan times a real beyond exactness');
  return BigInt(Math.trunc(n));
};
const inTime = (t) => (t < 0n || t > MAX_TIME ? refuse('a datetime outside years 1 to 9999') : t);
const modulo = (x, y) => { if (y === 0n) return refuse('the modulo by integer zero'); const m = y < 0n ? -y : y, k = x % m; return k < 0n ? k + m : k; };

function arithmetic(op, a, b) {
  const A = a.type, B = b.type;
  if (isNum(A) && isNum(B)) {
    if (INTS.has(A) && INTS.has(B)) {
      const f = { '+': (x, y) => wrap64(x + y), '-': (x, y) => wrap64(x - y), '*': (x, y) => wrap64(x * y),
        '/': (x, y) => (y === 0n ? refuse('the division of integers by zero') : wrap64(x / y)), '%': modulo }[op];
      return both('long', a, b, f);
    }
    const x = widen(a, 'real'), y = widen(b, 'real');
    if (op === '%') return refuse('the modulo of reals');
    return both('real', x, y, { '+': (p, q) => p + q, '-': (p, q) => p - q, '*': (p, q) => p * q, '/': (p, q) => p / q }[op]);
  }
  const pair = A + op + B;
  switch (pair) {
    case 'datetime-datetime': return both('timespan', a, b, (x, y) => x - y);
    case 'datetime+timespan': return both('datetime', a, b, (x, y) => inTime(x + y));
    case 'timespan+datetime': return both('datetime', a, b, (x, y) => inTime(x + y));
    case 'datetime-timespan': return both('datetime', a, b, (x, y) => inTime(x - y));
    case 'timespan+timespan': return both('timespan', a, b, (x, y) => x + y);
    case 'timespan-timespan': return both('timespan', a, b, (x, y) => x - y);
    case 'timespan/timespan': return both('real', a, b, (x, y) => Number(x) / Number(y));
    case 'timespan%timespan': return both('timespan', a, b, modulo);
    default:
  }
  if (op === '*' && A === 'timespan' && INTS.has(B)) return both('timespan', a, b, (x, y) => wrap64(x * y));
  if (op === '*' && INTS.has(A) && B === 'timespan') return both('timespan', a, b, (x, y) => wrap64(x * y));
  if (op === '*' && A === 'timespan' && B === 'real') return both('timespan', a, b, spanTimes);
  if (op === '*' && A === 'real' && B === 'timespan') return both('timespan', b, a, spanTimes);
  if (op === '/' && A === 'timespan' && INTS.has(B)) return both('timespan', a, b, (x, y) => (y === 0n ? refuse('a timespan by zero') : x / y));
  if (op === '/' && A === 'timespan' && B === 'real') return both('timespan', a, b, (x, y) => spanTimes(x, 1 / y));
  return refuse(`${A} ${op} ${B}`);
}

/** The equality of two values of these types, neither of them null. */
function equalValues(A, B) {
  if (A === 'dynamic' && B === 'dynamic') return refuse('the comparison of two dynamics (cast one first)');
  if (A === 'dynamic' || B === 'dynamic') {
    const other = A === 'dynamic' ? B : A;
    const fits = { string: 'string', long: 'bigint', int: 'bigint', bool: 'boolean', real: 'number' }[other];
    if (!fits) refuse(`the comparison of a dynamic with a ${other}`);
    return (x, y) => {
      const d = A === 'dynamic' ? x : y;
      if (typeof d !== fits && !((typeof d === 'bigint' || typeof d === 'number') && isNum(other))) {
        refuse(`the comparison of a dynamic that holds a ${typeof d} with a ${other}`);
      }
      return x == y; // eslint-disable-line eqeqeq -- BigInt against number compares by value
    };
  }
  if (isNum(A) && isNum(B)) return (x, y) => live(x) == live(y); // eslint-disable-line eqeqeq
  if (A !== B) return refuse(`${A} == ${B}`);
  return (x, y) => live(x) === live(y);
}
const live = (x) => { if (typeof x === 'symbol') throw new TypeError('Symbol: ' + x.description); return x; };

/** null != null is null on one page of the manual, false on a second and true on a third. */
const BOTH_NULL = open('what `null != null` is: its pages disagree');
/**
 * null == x is false and null != x true. null == null is null or false, the pages differ: as a condition it is not
 * met. A missing dynamic equals "".
 */
function equality(op, a, b) {
  const same = equalValues(a.type, b.type), want = op === '==';
  const stringy = (a.type === 'dynamic' && b.type === 'string') || (a.type === 'string' && b.type === 'dynamic');
  return { type: 'bool', ev: (r, c) => {
    let x = a.ev(r, c), y = b.ev(r, c);
    if (stringy) { if (x === null) x = ''; if (y === null) y = ''; }
    if (x === null && y === null) return want ? UNSURE : BOTH_NULL;
    if (x === null || y === null) { live(x); live(y); return !want; }
    return same(x, y) === want;
  } };
}

function order(op, a, b) {
  const t = isNum(a.type) && isNum(b.type) ? 'num' : a.type;
  if (t === 'string' || t === 'dynamic' || t === 'bool' || (t !== 'num' && a.type !== b.type)) return refuse(`${a.type} ${op} ${b.type}`);
  const f = { '<': (x, y) => x < y, '<=': (x, y) => x <= y, '>': (x, y) => x > y, '>=': (x, y) => x >= y }[op];
  return both('bool', a, b, f);
}

function logic(op, a, b) {
  if (a.type !== 'bool' || b.type !== 'bool') return refuse(`${a.type} ${op} ${b.type}`);
  const decisive = op === 'or';
  const side = (v) => (v === UNSURE ? v : live(v));
  return { type: 'bool', ev: (r, c) => {
    const x = side(a.ev(r, c)); if (x === decisive) return decisive;
    const y = side(b.ev(r, c)); if (y === decisive) return decisive;
    return typeof x !== 'boolean' || typeof y !== 'boolean' ? UNSURE : !decisive;
  } };
}
/** Whether a condition is met: null and the unsure are not. */
const met = (v) => v === true || (v !== UNSURE && live(v) === true);

const ODD_FOLDS = /[\u212a\u017f\u0130\u0131]/;
const ascii = (s) => /^[\x00-\x7f]*$/.test(s);
/** ASCII folding, refused where the folding of other letters could matter. */
function foldPair(x, y) {
  if (!ascii(x) || !ascii(y)) {
    if (x === y) return [x, y];
    if ((!ascii(x) && !ascii(y)) || ODD_FOLDS.test(x) || ODD_FOLDS.test(y)) refuse('the case folding of letters beyond ASCII');
  }
  const low = (s) => s.replace(/[A-Z]+/g, (m) => m.toLowerCase());
  return [low(x), low(y)];
}
const exact = (x, y) => [x, y];
const alnum = /[A-Za-z0-9]/;
/** `y` as a whole term of `x`: a run of ASCII letters and digits. */
function term(x, y, start, end) {
  if (!/^[A-Za-z0-9]+$/.test(y)) refuse(`\`has\` of \`${y}\`, which is not one term`);
  for (let i = x.indexOf(y); i >= 0; i = x.indexOf(y, i + 1)) {
    const before = x[i - 1] || ' ', after = x[i + y.length] || ' ';
    if (before > '\x7f' || after > '\x7f') refuse('`has` beside letters beyond ASCII');
    if ((!start || !alnum.test(before)) && (!end || !alnum.test(after))) return true;
  }
  return false;
}
const has = (x, y) => term(x, y, true, true);
const MATCH = {
  '=~': [foldPair, (x, y) => x === y], has: [foldPair, has], has_cs: [exact, has],
  hasprefix: [foldPair, (x, y) => term(x, y, true, false)], hasprefix_cs: [exact, (x, y) => term(x, y, true, false)],
  hassuffix: [foldPair, (x, y) => term(x, y, false, true)], hassuffix_cs: [exact, (x, y) => term(x, y, false, true)],
  contains: [foldPair, (x, y) => x.includes(y)], contains_cs: [exact, (x, y) => x.includes(y)],
  startswith: [foldPair, (x, y) => x.startsWith(y)], startswith_cs: [exact, (x, y) => x.startsWith(y)],
  endswith: [foldPair, (x, y) => x.endsWith(y)], endswith_cs: [exact, (x, y) => x.endsWith(y)],
};
/** A dynamic read as text: its string, "" where missing; anything else is refused. */
const text = (e) => (e.type === 'string' ? e.ev : e.type === 'dynamic' ? (r, c) => {
  const v = e.ev(r, c);
  return v === null ? '' : typeof v === 'string' ? v : refuse('string matching on a dynamic that holds no string');
} : refuse(`string matching on a ${e.type}`));
function stringMatch(op, a, b) {
  const x = text(a), y = text(b), negated = op[0] === '!';
  const [fold, test] = MATCH[op === '!~' ? '=~' : negated ? op.slice(1) : op] || refuse(`the operator \`${op}\``);
  return { type: 'bool', ev: (r, c) => test(...fold(live(x(r, c)), live(y(r, c)))) !== negated };
}
function matchesRegex(a, b) {
  const x = text(a), y = text(b);
  return { type: 'bool', ev: (r, c) => regex(y(r, c)).test(x(r, c)) };
}

function binary(op, a, b) {
  if ('+-*/%'.includes(op)) return arithmetic(op, a, b);
  if (op === '==' || op === '!=' || op === '<>') return equality(op === '==' ? '==' : '!=', a, b);
  if (op === 'and' || op === 'or') return logic(op, a, b);
  if (['<', '<=', '>', '>='].includes(op)) return order(op, a, b);
  if (op === 'matches regex') return matchesRegex(a, b);
  return stringMatch(op, a, b);
}

function negate(e) {
  if (e.type === 'real') return { type: 'real', ev: (r, c) => { const v = e.ev(r, c); return v === null ? null : -v; } };
  if (INTS.has(e.type) || e.type === 'timespan') {
    return { type: e.type, ev: (r, c) => { const v = e.ev(r, c); return v === null ? null : wrap64(-v); } };
  }
  return refuse(`- ${e.type}`);
}

/** `x in (...)`: sets holds values known only at run time, each `(row, ctx) => array of [type, value]`. */
function membership(op, e, lists) {
  const negated = op[0] === '!', folding = op.endsWith('~');
  const subject = e.type === 'dynamic' ? refuse('`in` on a dynamic (cast it first)') : e;
  return { type: 'bool', ev: (r, c) => {
    const v = live(subject.ev(r, c));
    const found = v !== null && lists.some((l) => l(r, c).some(([type, w]) => {
      if (w === null) return false;
      if (e.type === 'string') {
        if (typeof w !== 'string') return refuse('`in` of a string among other types');
        if (!folding) return v === w;
        const [x, y] = foldPair(v, w); return x === y;
      }
      if (typeof w === 'string') return refuse(`\`in\` of a ${e.type} among strings`);
      return equalValues(e.type, type === 'dynamic' ? e.type : type)(v, w);
    }));
    return found !== negated;
  } };
}

function between(op, e, lo, hi) {
  const high = lo.type === 'datetime' && hi.type === 'timespan' ? arithmetic('+', lo, hi) : hi;
  const inside = [order('>=', e, lo), order('<=', e, high)];
  return { type: 'bool', ev: (r, c) => {
    const x = inside[0].ev(r, c), y = inside[1].ev(r, c);
    if (x === null || y === null) return null;
    return (x && y) === (op === 'between');
  } };
}

module.exports = { INTS, isNum, common, widen, both, arithmetic, equality, order, binary, negate, membership, between, met, live, foldPair, has };
