'use strict';
// What names mean at a place in a query: columns first, then lets and parameters, then the job's tables.
// In: bindings made by let, functions and operators. Out: a compiled expression or a table plan.
// Must never know how an operator works.
const { refuse } = require('./values');

/** A chain of names. `cols` is set where a row is at hand; `level` tells one row context from another. */
class Scope {
  constructor(parent, extra = {}) {
    this.parent = parent;
    this.vars = new Map();
    this.cols = extra.cols !== undefined ? extra.cols : parent ? parent.cols : null;
    this.level = extra.level || (parent ? parent.level : {});
    this.sides = extra.sides || null;       // join: { $left: cols, $right: cols }
    this.scan = extra.scan || (parent && extra.cols === undefined ? parent.scan : null);
    this.aggregates = extra.aggregates || null; // summarize: collects the calls of aggregates
    this.windows = extra.windows !== undefined ? extra.windows : parent ? parent.windows : false;
    this.tables = extra.tables || (parent && parent.tables);
    this.uses = parent && extra.cols === undefined ? parent.uses : { row: false };
  }

  /** The scope inside an operator over these columns. */
  over(cols, windows) { return new Scope(this, { cols, level: {}, windows: windows === true }); }

  find(name) {
    for (let s = this; s; s = s.parent) if (s.vars.has(name)) return s.vars.get(name);
    return undefined;
  }

  column(name) {
    if (!this.cols) return -1;
    return this.cols.findIndex((c) => c.name === name);
  }

  /** Compiles with `make` and tells whether the result reads the current row. */
  watching(make) {
    const outer = this.uses.row;
    this.uses.row = false;
    const value = make();
    const row = this.uses.row;
    this.uses.row = outer || row;
    return { value, row };
  }

  /** The expression for a name, or undefined where the name is no scalar. */
  scalar(name) {
    const i = this.column(name);
    if (i >= 0) {
      this.uses.row = true;
      return { type: this.cols[i].type, ev: (r) => r[i], column: name };
    }
    const bound = this.find(name);
    if (!bound || bound.kind !== 'scalar') return undefined;
    if (bound.row) {
      if (bound.level !== this.level) refuse(`the row's value \`${name}\` inside another table's rows`);
      this.uses.row = true;
    }
    return { type: bound.expr.type, ev: bound.expr.ev };
  }
}

/** The value of a let, computed once per run. */
const once = (expr) => {
  const key = {};
  return { type: expr.type, ev: (r, c) => {
    if (!c.memo.has(key)) c.memo.set(key, expr.ev(null, c));
    return c.memo.get(key);
  } };
};

module.exports = { Scope, once };
