// The literals of a KQL tree: string values for the caller, and the literals that the analyzer lets pass though the engine cannot take them.
'use strict';

const { walk, typeName, separated } = require('./analyzer');

const LARGEST_LONG = 9223372036854775807n;

/** The decoded string literals, in source order: each of `"a" "b"` joined once; names in `['a.b']` and keys of dynamic objects are none. */
function stringLiterals(root) {
  const found = [];
  walk(root, (element, type) => {
    if (isStringLiteral(element, type)) found.push(element);
  });
  return found;
}

function isStringLiteral(element, type) {
  if (type === 'CompoundStringLiteralExpression') return true;
  if (type !== 'LiteralExpression' || typeof element.LiteralValue !== 'string') return false;
  return element.ResultType !== null && element.ResultType.Name === 'string' && !/^(BracketedName|CompoundStringLiteralExpression)$/.test(typeName(element.Parent));
}

/** Integers beyond 64 bits: `-9223372036854775808` is one too, since its minus is an operator. */
function integersFit(root) {
  return literalsOf(root, 'long').filter((literal) => {
    const digits = /^(?:long\()?\s*(-?)(\d+)\s*\)?$/.exec(textOf(literal));
    return digits && BigInt(digits[2]) > LARGEST_LONG + (digits[1] ? 1n : 0n);
  }).map((element) => ({ code: 'integer-range', element, message: `\`${textOf(element)}\` is larger than a 64-bit integer` }));
}

const DATETIME = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,7})?)?)?Z?$/;

/** Points in time that no calendar has, which the analyzer does not notice, or that are not written as ISO 8601 in UTC. */
function datetimesExist(root) {
  return literalsOf(root, 'datetime').filter((literal) => {
    const written = /^\w+\(\s*["']?(.*?)["']?\s*\)$/s.exec(textOf(literal));
    return written && written[1] !== 'null' && !isPointInTime(written[1]);
  }).map((element) => ({ code: 'bad-datetime', element, message: `\`${textOf(element)}\` is no point in time of ISO 8601 in UTC` }));
}

function isPointInTime(text) {
  const parts = DATETIME.exec(text);
  if (!parts) return false;
  const [year, month, day, hour = 0, minute = 0, second = 0] = parts.slice(1).map((part) => (part === undefined ? 0 : Number(part)));
  const days = month >= 1 && month <= 12 ? new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate() : 0;
  return year >= 1 && day >= 1 && day <= days && hour <= 23 && minute <= 59 && second <= 59;
}

/** `\U` and eight digits: the analyzer reads the letter U. Characters beyond U+FFFF can stand in the text as they are. */
function escapesMeanOneThing(root) {
  const found = [];
  walk(root, (element, type) => {
    if (type === 'LiteralToken' && /^[hH]?["']/.test(element.Text) && /^(?:[^\\]|\\[^U])*\\U/s.test(element.Text)) {
      found.push({ code: 'bad-escape', element, message: 'the escape `\\U` is not read as a character: expected the character itself' });
    }
  });
  return found;
}

/** Cells of a `datatable` that are of another type than their column; a whole number may stand for a real one. */
function datatableCellsFit(root) {
  const found = [];
  walk(root, (element, type) => {
    if (type !== 'DataTableExpression') return;
    const columns = separated(element.Schema.Columns).map((column) => textOf(column.Type));
    if (columns.length === 0) return;
    separated(element.Values).forEach((cell, index) => {
      const column = columns[index % columns.length];
      const given = cell.ResultType && cell.ResultType.Name;
      if (given && !fits(given, column)) found.push({ code: 'datatable-cell', element: cell, message: `a ${given} stands in a column of ${column}` });
    });
  });
  return found;
}

const ALIASES = { double: 'real', boolean: 'bool', date: 'datetime', time: 'timespan', uuid: 'guid', uniqueid: 'guid' };

function fits(given, written) {
  const column = ALIASES[written] || written;
  if (given === column || column === 'dynamic') return true;
  return (['int', 'long'].includes(given) && ['int', 'long', 'real', 'decimal'].includes(column)) || (given === 'real' && column === 'decimal');
}

function literalsOf(root, kind) {
  const found = [];
  walk(root, (element, type) => {
    if (type === 'LiteralExpression' && element.ResultType && element.ResultType.Name === kind) found.push(element);
  });
  return found;
}

function textOf(element) {
  return element.ToString(0).trim();
}

module.exports = { stringLiterals, integersFit, datetimesExist, escapesMeanOneThing, datatableCellsFit };
